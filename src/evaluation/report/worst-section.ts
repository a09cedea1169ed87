import { throwIfAborted } from "../../base/errors/index.ts";
import { VIEWS } from "../../imaging/display/index.ts";
import type { CohortReportContent } from "./cohort-content.ts";
import { type Html, html } from "./html.ts";
import { count, fixed } from "./number-text.ts";
import { panelPng } from "./panel-png.ts";
import { panelsOf } from "./panels.ts";
import { positionOf, rasCase } from "./ras-case.ts";
import { panelFigure } from "./viewer.ts";

/** The worst axial slice of the cases with the highest MAE, worst first; their volumes are loaded one case after another. */
export async function worstSection(
  { models: [{ cohort, name }, other], volumes }: CohortReportContent,
  options: {
    readonly worst: number;
    readonly range: readonly [low: number, high: number];
    readonly errorLimit: number;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  },
): Promise<Html | undefined> {
  const { worst, range, errorLimit, signal, onProgress } = options;
  if (!volumes || worst === 0) return undefined;
  const ranked = cohort.scored
    .filter((one) => one.worst !== null)
    .sort((a, b) => b.report.mae.value - a.report.mae.value)
    .slice(0, worst);
  const shown: Html[] = [];
  for (const [n, { id, report, worst: slice }] of ranked.entries()) {
    throwIfAborted(signal);
    const ras = rasCase({ id, ...(await volumes(id, signal)) });
    const { index, mae, voxels } = slice!;
    const where = `axial slice ${index}, z ${fixed(positionOf(ras.grid, VIEWS.axial, index), 1)} mm`;
    const panels = panelsOf(ras, range, errorLimit);
    const images = await Promise.all(panels.map((panel) => panelPng(panel, VIEWS.axial, index)));
    shown.push(html`<section class="viewer" aria-labelledby="worst-${n}">
<h3 id="worst-${n}">${id} <small>MAE ${fixed(report.mae.value, 1)} HU, rank ${n + 1} of ${cohort.scored.length}</small></h3>
<div class="panels" style="--panels: ${panels.length}">
${panels.map((panel, p) => panelFigure(panel, VIEWS.axial, images[p]!, `${id}, ${where}`, p === 0))}
</div>
<p class="note">${where}: MAE ${fixed(mae, 1)} HU over ${count(voxels)} counted voxels. The error map shows all voxels.</p>
</section>`);
    onProgress?.({ done: n + 1, total: ranked.length });
  }
  if (shown.length === 0) return undefined;
  return html`<section aria-labelledby="worst">
<h2 id="worst">Worst cases${other ? `, ${name}` : ""}</h2>
<p class="note">The ${shown.length} of ${cohort.scored.length} cases with the highest MAE, each at the axial slice with its highest MAE among those that hold at least a fifth of the fullest slice's voxels. Radiological display: the patient's right is on the left.</p>
${shown}
</section>`;
}
