import { reported } from "../failures.ts";
import { openFiles, openSample } from "../open.ts";
import { busy, study } from "../study.ts";
import { useDrop } from "../use-drop.ts";
import { FileButton } from "./file-button.tsx";

/** Where files come in: dropped anywhere on the page, chosen, or the page's own sample. */
export function Drop() {
  const over = useDrop(openFiles);
  const open = (files: readonly File[]) => void reported(() => openFiles(files));
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
        <FileButton label="Choose files" id="files" take={open} />
        <FileButton label="Choose a folder" id="folder" folder take={open} />
        <button type="button" disabled={busy.value} onClick={() => void reported(openSample)}>
          Try the sample
        </button>
      </p>
      {!study.value && (
        <p class="soft">
          Then press “Make a synthetic CT”: its first slice comes after seconds, all of it after about a
          minute. The sample is a simulated head.
        </p>
      )}
      {study.value && !study.value.ct && (
        <p class="soft">Drop the CT of the same head too, and the synthetic one is compared with it.</p>
      )}
    </section>
  );
}
