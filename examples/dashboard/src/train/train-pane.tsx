import { useEffect } from "preact/hooks";
import { reported } from "../failures.ts";
import { FileButton } from "../parts/file-button.tsx";
import { useDrop } from "../use-drop.ts";
import { NewRun } from "./new-run.tsx";
import { RunList } from "./run-list.tsx";
import { RunView } from "./run-view.tsx";
import { isTraining, listRuns, showFolder } from "./shown-run.ts";
import "./train.css";

/** Training, and runs that are kept. */
export function TrainPane() {
  const open = (files: readonly File[]) => void reported(() => showFolder(files));
  const over = useDrop(async (files) => {
    if (!isTraining.value) await showFolder(files);
  });
  useEffect(() => void reported(listRuns), []);
  return (
    <div class={`train${over.value ? " over" : ""}`}>
      <div class="train-side">
        <NewRun />
        <RunList />
        <section class="runs" aria-label="A run folder of this computer">
          <h2>A run folder of this computer</h2>
          <p class="soft">Drop the folder that midash train wrote to, or choose it: it is shown here.</p>
          <FileButton
            label="Open a run folder"
            id="run-folder"
            folder
            disabled={isTraining.value}
            take={open}
          />
        </section>
      </div>
      <RunView />
    </div>
  );
}
