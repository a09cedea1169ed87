import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { droppedFiles } from "../dropped-files.ts";
import { reported } from "../failures.ts";
import { NewRun } from "./new-run.tsx";
import { RunList } from "./run-list.tsx";
import { RunView } from "./run-view.tsx";
import { isTraining, listRuns, showFolder } from "./shown-run.ts";
import "./train.css";

const over = signal(false);

/** Training, and runs that are kept. */
export function TrainPane() {
  const folder = useRef<HTMLInputElement>(null);
  const open = (files: readonly File[]) => void reported(() => showFolder(files));
  useEffect(() => {
    void reported(listRuns);
    const drop = (event: DragEvent) => {
      event.preventDefault();
      over.value = false;
      const items = event.dataTransfer?.items;
      if (items && !isTraining.value) void reported(async () => showFolder(await droppedFiles(items)));
    };
    const drag = (event: DragEvent) => {
      event.preventDefault();
      over.value = true;
    };
    const leave = () => (over.value = false);
    document.addEventListener("drop", drop);
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", leave);
    return () => {
      document.removeEventListener("drop", drop);
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", leave);
    };
  }, []);
  return (
    <div class={`train${over.value ? " over" : ""}`}>
      <div class="train-side">
        <NewRun />
        <RunList />
        <section class="runs" aria-label="A run folder of this computer">
          <h2>A run folder of this computer</h2>
          <p class="soft">Drop the folder that midash train wrote to, or choose it: it is shown here.</p>
          <button type="button" disabled={isTraining.value} onClick={() => folder.current?.click()}>
            Open a run folder
          </button>
          <input
            ref={folder}
            type="file"
            hidden
            data-testid="run-folder"
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = "";
              open(files);
            }}
            {...{ webkitdirectory: true }}
          />
        </section>
      </div>
      <RunView />
    </div>
  );
}
