import { signal } from "@preact/signals";
import { reported } from "../failures.ts";
import { FileButton } from "../parts/file-button.tsx";
import { isTraining, runs } from "./shown-run.ts";
import { train } from "./training.ts";

/** Sizes of the network, by what they are good for. */
const NETS = {
  small: { label: "Small, quick", modelOptions: { baseFilters: 4, levels: 3 } },
  medium: { label: "Medium", modelOptions: { baseFilters: 8, levels: 4 } },
  large: { label: "Large, slow", modelOptions: { baseFilters: 16, levels: 4 } },
} as const;

const data = signal<"phantom" | "files">("phantom");
const files = signal<readonly File[]>([]);

/** A run to begin: on simulated heads, or on pairs of one's own. */
export function NewRun() {
  const chosen = (given: readonly File[]) => (files.value = given);
  const begin = (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const number = (name: string) => Number(fields.get(name));
    const phantom = data.value === "phantom";
    if (!phantom && files.value.length === 0)
      return void reported(async () => {
        throw new Error("Choose pairs of MR and CT first.");
      });
    const spacing = number("spacing");
    const net = NETS[fields.get("net") as keyof typeof NETS];
    const settings = {
      modelOptions: net.modelOptions,
      epochs: number("epochs"),
      stepsPerEpoch: number("steps"),
      learningRate: number("rate"),
      batchSize: 4,
      flip: true,
      seed: 1,
      patience: 0,
      checkpointMinutes: 0.5,
      ...(phantom
        ? {
            subjects: [number("heads"), 1, 0] as const,
            phantomShape: [48, 56, 44] as const,
            phantomSpacing: [4, 4, 4] as const,
            size: [56, 48] as const,
          }
        : { ...(spacing > 0 ? { spacing: [spacing, spacing, spacing] as const } : {}) }),
    };
    void reported(() =>
      train(String(fields.get("name")), { settings, files: phantom ? undefined : files.value }),
    );
  };
  return (
    <form
      class="new-run"
      aria-label="New run"
      onSubmit={(event) => {
        event.preventDefault();
        begin(event.currentTarget);
      }}
    >
      <h2>Train a model</h2>
      <p class="soft">
        It learns in this tab, from MR and CT of the same heads. Nothing leaves this computer; the run is kept
        in this browser.
      </p>
      <fieldset>
        <legend>Learn from</legend>
        <div class="choices">
          <label class="choice">
            <input
              type="radio"
              name="data"
              checked={data.value === "phantom"}
              onChange={() => (data.value = "phantom")}
            />
            Simulated heads
          </label>
          <label class="choice">
            <input
              type="radio"
              name="data"
              checked={data.value === "files"}
              onChange={() => (data.value = "files")}
            />
            My own pairs
          </label>
        </div>
        {data.value === "files" && (
          <>
            <p class="soft">
              NIfTI, MetaImage, NRRD or MGH, named ID_mr and ID_ct, or a folder for each head with mr and ct
              in it; or a folder for each head with an MR and a CT series of DICOM. They stay where they are
              and are not kept here: give them again to go on with a paused run.
            </p>
            <p class="row">
              <FileButton label="Choose pairs" id="pairs" take={chosen} />
              <FileButton label="Choose a folder of pairs" id="pairs-folder" folder take={chosen} />
            </p>
            {files.value.length > 0 && <p class="soft">{files.value.length} files chosen</p>}
          </>
        )}
      </fieldset>
      <div class="fields">
        <label>
          Name
          <input
            name="name"
            required
            pattern="[^.\/\\][^\/\\]*"
            maxLength={60}
            defaultValue={freeName()}
            key={freeName()}
          />
        </label>
        <label>
          Network
          <select name="net">
            {Object.entries(NETS).map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {data.value === "phantom" ? (
          <label>
            Heads
            <input name="heads" type="number" min={1} max={64} defaultValue="6" required />
          </label>
        ) : (
          <label>
            Voxel size
            <select name="spacing">
              <option value="0">as in the files</option>
              <option value="1">1 mm</option>
              <option value="2" selected>
                2 mm
              </option>
              <option value="4">4 mm</option>
            </select>
          </label>
        )}
        <label>
          Epochs
          <input name="epochs" type="number" min={1} max={1000} defaultValue="12" required />
        </label>
        <label>
          Steps an epoch
          <input name="steps" type="number" min={1} max={5000} defaultValue="40" required />
        </label>
        <label>
          Learning rate
          <input name="rate" type="number" min="0.000001" max="1" step="any" defaultValue="0.003" required />
        </label>
      </div>
      <button type="submit" class="primary" disabled={isTraining.value}>
        Begin training
      </button>
    </form>
  );
}

/** "run 3" after runs 1 and 2. */
function freeName(): string {
  const taken = new Set(runs.value.map(({ name }) => name));
  let n = 1;
  while (taken.has(`run ${n}`)) n++;
  return `run ${n}`;
}
