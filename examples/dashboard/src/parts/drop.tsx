import { useRef } from "preact/hooks";
import { reported } from "../failures.ts";
import { openFiles, openSample } from "../open.ts";
import { busy, study } from "../study.ts";
import { useDrop } from "../use-drop.ts";

/** Where files come in: dropped anywhere on the page, chosen, or the page's own sample. */
export function Drop() {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const over = useDrop(openFiles);
  const chosen = (input: HTMLInputElement) => {
    const list = [...(input.files ?? [])];
    input.value = ""; // the same file can be chosen again
    void reported(() => openFiles(list));
  };
  return (
    <section
      class={`drop${over.value ? " over" : ""}${study.value ? " small" : ""}`}
      aria-label="Open an image"
    >
      <p>
        <strong>Drop an MR of a head here</strong>{" "}
        <span class="soft">NIfTI, MetaImage, NRRD, MGH, or a folder of DICOM</span>
      </p>
      <p class="row">
        <button type="button" onClick={() => files.current?.click()}>
          Choose files
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          Choose a folder
        </button>
        <button type="button" disabled={busy.value} onClick={() => void reported(openSample)}>
          Try the sample
        </button>
      </p>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-testid="files"
        onChange={(e) => chosen(e.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        data-testid="folder"
        onChange={(e) => chosen(e.currentTarget)}
        {...{ webkitdirectory: true }}
      />
      {study.value && !study.value.ct && (
        <p class="soft">Drop the CT of the same head too, and the synthetic one is compared with it.</p>
      )}
    </section>
  );
}
