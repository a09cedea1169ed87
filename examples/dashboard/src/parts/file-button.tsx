import { useRef } from "preact/hooks";

interface FileButtonProps {
  readonly label: string;
  /** Of the field behind it, for tests. */
  readonly id: string;
  /** A folder with all that is in it, in the place of files. */
  readonly folder?: boolean;
  readonly disabled?: boolean;
  readonly take: (files: readonly File[]) => void;
}

/** Opens the browser's chooser of files, or of a folder. */
export function FileButton({ label, id, folder = false, disabled = false, take }: FileButtonProps) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" disabled={disabled} onClick={() => field.current?.click()}>
        {label}
      </button>
      <input
        ref={field}
        type="file"
        multiple={!folder}
        hidden
        data-testid={id}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = ""; // the same can be chosen again
          take(files);
        }}
        {...(folder ? { webkitdirectory: true } : {})}
      />
    </>
  );
}
