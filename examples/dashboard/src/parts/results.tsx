import { css, DENSITY_COLOURS, TISSUE_COLOURS } from "../colours.ts";
import { reported } from "../failures.ts";
import { saveDicom, saveNifti, saveNumbers, saveSurface } from "../save.ts";
import { busy, made, study } from "../study.ts";
import { Charts } from "./charts.tsx";
import { Measured } from "./measured.tsx";

const TISSUE_NAMES: Readonly<Record<string, string>> = {
  fat: "Scalp and fat",
  soft: "Muscle and other soft tissue",
  cortical: "Cortical bone",
  spongy: "Spongy bone",
  cavity: "Air cavities",
  csf: "CSF",
  grey: "Grey matter",
  white: "White matter",
  eye: "Eyes",
};
const DENSITY_NAMES: Readonly<Record<string, string>> = {
  air: "Air",
  fat: "Fat",
  soft: "Soft tissue",
  bone: "Bone",
};

/** What was made of the MR: warnings, numbers, files. */
export function Results() {
  const result = made.value;
  const opened = study.value;
  if (!result || !opened) return <section class="results" aria-label="Results" hidden />;
  const { sct, warnings, tissues, density, metrics, brainMl, backend, seconds } = result;
  return (
    <section class="results" aria-label="Results">
      <h2>Synthetic CT</h2>
      <p class="soft">
        Made on {backend} in {Math.round(seconds)} s
        {sct.trainedOn && ` by a model that was trained on ${sct.trainedOn}`}. Brain with CSF:{" "}
        {Math.round(brainMl)} mL.
      </p>
      {warnings.length > 0 && (
        <div class="warnings" role="note" aria-label="Warnings">
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </div>
      )}
      <Classes
        caption="Tissues, as the model sees them"
        rows={tissues.map(({ name, label, ml, mean, sd }) => ({
          name: TISSUE_NAMES[name] ?? name,
          colour: css(TISSUE_COLOURS[label]!),
          ml,
          mean,
          sd,
        }))}
      />
      <Classes
        caption="Densities, by HU inside the head"
        rows={density.table.map(({ name, label, mL, meanHU, sdHU }) => ({
          name: DENSITY_NAMES[name] ?? name,
          colour: css(DENSITY_COLOURS[label]!),
          ml: mL,
          mean: meanHU ?? Number.NaN,
          sd: sdHU ?? Number.NaN,
        }))}
      />
      {metrics && <Measured report={metrics} />}
      <Charts study={opened} made={result} />
      <h3>Save</h3>
      <div class="row">
        <button type="button" disabled={busy.value} onClick={() => void reported(() => saveNifti("sct"))}>
          Synthetic CT (NIfTI)
        </button>
        {opened.format === "dicom" && (
          <button type="button" disabled={busy.value} onClick={() => void reported(saveDicom)}>
            Synthetic CT (DICOM)
          </button>
        )}
        <button type="button" disabled={busy.value} onClick={() => void reported(() => saveNifti("tissues"))}>
          Tissues (NIfTI)
        </button>
        <button
          type="button"
          disabled={busy.value}
          onClick={() => void reported(() => saveNifti("densities"))}
        >
          Densities (NIfTI)
        </button>
        <button type="button" disabled={busy.value} onClick={() => void reported(() => saveSurface("skull"))}>
          Skull surface (STL)
        </button>
        <button type="button" disabled={busy.value} onClick={() => void reported(() => saveSurface("head"))}>
          Head surface (STL)
        </button>
        <button type="button" onClick={saveNumbers}>
          Numbers (JSON)
        </button>
      </div>
    </section>
  );
}

interface Row {
  readonly name: string;
  readonly colour: string;
  readonly ml: number;
  readonly mean: number;
  readonly sd: number;
}

function Classes({ caption, rows }: { readonly caption: string; readonly rows: readonly Row[] }) {
  const number = (value: number, digits = 0) => (Number.isNaN(value) ? "–" : value.toFixed(digits));
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col">mL</th>
          <th scope="col">Mean HU</th>
          <th scope="col">SD</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, colour, ml, mean, sd }) => (
          <tr key={name}>
            <th scope="row">
              <svg class="swatch" viewBox="0 0 1 1" aria-hidden="true">
                <rect width="1" height="1" fill={colour} />
              </svg>
              {name}
            </th>
            <td>{number(ml, ml < 10 ? 1 : 0)}</td>
            <td>{number(mean)}</td>
            <td>{number(sd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
