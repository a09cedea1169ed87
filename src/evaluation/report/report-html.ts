import { assert } from "../../base/errors/index.ts";
import { VIEWS, WIDE_WINDOW, windowRange } from "../../imaging/display/index.ts";
import {
  isSimulated,
  type ReportContent,
  type ReportOptions,
  type ReportTable,
  simulatedTraining,
} from "./content.ts";
import { huHistogram } from "./histogram.ts";
import { histogramSection } from "./histogram-section.ts";
import { type Html, html, jsonBlock } from "./html.ts";
import { measureSection } from "./measure-section.ts";
import { metricSection } from "./metric-section.ts";
import { page } from "./page.ts";
import { rasCase } from "./ras-case.ts";
import { readouts } from "./readouts.ts";
import { scoresOf } from "./scores.ts";
import { dataTable } from "./table.ts";
import { trainingSection } from "./training-charts.ts";
import { makeViewers, type Viewer } from "./viewer.ts";

/**
 * A report as one HTML file that opens from disk and fetches nothing: viewers of MR, sCT, CT, error, classes and uncertainty with a slice slider, metrics with
 * their protocols, training curves and a histogram of HU, each with its numbers in a table. What there is no data for is left
 * out. Radiological display: the patient's right is on the left. It says that this is no medical device, and what was
 * simulated. Images are 8-bit PNGs of one pixel a voxel; volumes that are shown (those of cases with `sct` or `classes`) stay in memory until it is done.
 *
 * @returns the text of the file, UTF-8
 * @throws MidashError `invalid-argument` for other units or wrong options; `grid-mismatch`; `aborted`
 *
 * @example
 * const cases: ReportCase[] = [];
 * for await (const scored of scoreCases(dataset.test, synthesizer)) cases.push(scored);
 * const text = await reportHtml({ title: "U-Net, brain", cases, history: trainer.history });
 * await writeFile("report.html", text);
 */
export async function reportHtml(content: ReportContent, options: ReportOptions = {}): Promise<string> {
  const { axes = ["axial"], errorLimit = 300, maxSlices = 48, signal, onProgress } = options;
  const where = { call: "reportHtml" };
  assert(axes.length > 0, "axes must name at least one plane", { where });
  for (const axis of axes)
    assert(Object.hasOwn(VIEWS, axis), `unknown axis "${axis}"`, {
      where,
      hint: "known are axial, coronal, sagittal",
    });
  assert(errorLimit > 0 && Number.isFinite(errorLimit), `errorLimit must be positive, got ${errorLimit}`, {
    where,
  });
  assert(
    Number.isInteger(maxSlices) && maxSlices > 0,
    `maxSlices must be a whole number from 1, got ${maxSlices}`,
    { where },
  );
  const range = windowRange(options.window ?? WIDE_WINDOW, where);
  const { title, lead, facts = {}, cases = [], notes = [], created = new Date() } = content;

  const shown = cases.filter((one) => one.sct || one.classes).map(rasCase);
  const viewers = await makeViewers(shown, { axes, errorLimit, maxSlices, range, signal, onProgress });
  const scores = scoresOf(cases);
  return page({
    title,
    lead,
    facts: [
      ...Object.entries(facts),
      ...(created === null
        ? []
        : [["Created", `${created.toISOString().slice(0, 16).replace("T", " ")} UTC`] as const]),
    ],
    simulated: isSimulated(content),
    trainedOn: simulatedTraining(content),
    warnings: content.warnings,
    body: [
      readouts(scores),
      viewerSection(
        viewers,
        shown.map((one) => one.id),
        cases.length,
      ),
      tableSection(content.tables ?? []),
      metricSection(scores, notes),
      measureSection(cases),
      trainingSection(content),
      histogramSection(huHistogram(shown), shown.filter((one) => one.sct && one.ct).length),
    ],
  });
}

function tableSection(tables: readonly ReportTable[]): Html | undefined {
  if (tables.length === 0) return undefined;
  return html`<section aria-labelledby="tables">
<h2 id="tables">Numbers</h2>
${tables.map(({ title, head, rows }) => dataTable({ caption: title, head, whole: true }, rows))}
</section>`;
}

function viewerSection(viewers: readonly Viewer[], ids: readonly string[], cases: number): Html | undefined {
  if (viewers.length === 0) return undefined;
  const choice = html`<label class="choice">Case <select data-choose-case autocomplete="off">${ids.map((id, n) => html`<option value="${n}">${id}</option>`)}</select></label>`;
  const some =
    cases > ids.length ? html`<p class="note">${ids.length} of ${cases} cases are shown.</p>` : undefined;
  return html`<section aria-labelledby="images">
<div class="heading"><h2 id="images">Images</h2>${ids.length > 1 ? choice : undefined}</div>
${some}
${viewers.map((viewer) => viewer.section)}
${jsonBlock(
  "viewer-data",
  viewers.map((viewer) => viewer.data),
)}
</section>`;
}
