import { labelColour } from "@midash/core";
import { css, densityColour } from "../colours.ts";
import { backendName } from "../engine.ts";
import { reported } from "../failures.ts";
import {
  saveDicom,
  saveNifti,
  saveNumbers,
  savePicture,
  saveReport,
  saveSurface,
  saveTable,
} from "../save.ts";
import { busy, made, study } from "../study.ts";
import { sliceCount } from "../view.ts";
import { Charts } from "./charts.tsx";
import { densityName, tissueName } from "./class-names.ts";
import { Measured } from "./measured.tsx";
import { Solid } from "./solid.tsx";

/** What was made of the MR: warnings, numbers, files. */
export function Results() {
  const result = made.value;
  const opened = study.value;
  if (!result || !opened) return <section class="results" aria-label="Results" hidden />;
  const slices = sliceCount(opened.mr);
  const { sct, warnings, tissues, density, metrics, brainMl, backend, seconds } = result;
  return (
    <section class="results" aria-label="Results">
      <h2>Synthetic CT</h2>
      <p class="soft">
        Made on {backendName(backend)} in {Math.round(seconds)} s ({(slices / seconds).toFixed(1)} axial
        slices a second)
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
          name: tissueName(name),
          colour: css(labelColour(label)),
          ml,
          mean,
          sd,
        }))}
      />
      <Classes
        caption="Densities, by HU inside the head"
        rows={density.table.map(({ name, label, mL, meanHU, sdHU }) => ({
          name: densityName(name),
          colour: css(densityColour(label)),
          ml: mL,
          mean: meanHU ?? Number.NaN,
          sd: sdHU ?? Number.NaN,
        }))}
      />
      {metrics && <Measured report={metrics} />}
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
        <button type="button" onClick={saveTable}>
          Tables (CSV)
        </button>
        <button type="button" onClick={() => void reported(savePicture)}>
          Picture of the view (PNG)
        </button>
        <button type="button" disabled={busy.value} onClick={() => void reported(saveReport)}>
          Report (HTML)
        </button>
      </div>
      <Charts study={opened} made={result} />
      <Solid />
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
