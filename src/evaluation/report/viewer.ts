import { throwIfAborted } from "../../base/errors/index.ts";
import { labelColour, VIEWS, type View } from "../../imaging/display/index.ts";
import type { ViewerCase } from "./client.ts";
import type { ReportOptions } from "./content.ts";
import { type Html, html } from "./html.ts";
import { count, fixed, significant } from "./number-text.ts";
import { type Panel, panelPng } from "./panel-png.ts";
import { panelsOf } from "./panels.ts";
import { positionOf, type RasCase } from "./ras-case.ts";
import { sliceProfile } from "./slice-profile.ts";
import { chooseSlices, type SliceScore, sliceScores } from "./slice-scores.ts";
import { dataTable } from "./table.ts";

/** Pixels of all images together: below some 20 MB of file, even if no image could be compressed. */
const MAX_PIXELS = 14_000_000;
/** The world's axes in RAS+ and where slice 0 lies. */
const WORLD = [
  { name: "x", first: "at the patient's left", rises: "to the right" },
  { name: "y", first: "at the back", rises: "forwards" },
  { name: "z", first: "at the feet", rises: "to the head" },
] as const;

/** A viewer's section of the page, and what the script needs for it. */
export interface Viewer {
  readonly section: Html;
  readonly data: ViewerCase;
}

type ViewerOptions = Required<Pick<ReportOptions, "axes" | "errorLimit" | "maxSlices">> &
  Pick<ReportOptions, "signal" | "onProgress"> & { readonly range: readonly [low: number, high: number] };

/** Viewers of all cases that have something to show, one for each plane. */
export async function makeViewers(cases: readonly RasCase[], options: ViewerOptions): Promise<Viewer[]> {
  const { axes, signal, onProgress, maxSlices } = options;
  const planes = cases.flatMap((shown, n) => axes.map((axis) => ({ shown, n, axis, view: VIEWS[axis] })));
  const pixels = planes.map(
    ({ shown, view }) => panelCount(shown) * shown.grid.shape[view.across] * shown.grid.shape[view.along],
  );
  const limit = sliceLimit(pixels, maxSlices);
  const prepared = planes.map((plane) => {
    const scores = sliceScores(plane.shown, plane.view);
    return { ...plane, scores, chosen: chooseSlices(scores, limit) };
  });
  const total = prepared.reduce((sum, { chosen }) => sum + chosen.length, 0);
  const viewers: Viewer[] = [];
  let done = 0;
  for (const { chosen, ...plane } of prepared) {
    const { shown, view } = plane;
    const panels = panelsOf(shown, options.range, options.errorLimit);
    const images: string[][] = [];
    for (const { index } of chosen) {
      throwIfAborted(signal);
      images.push(await Promise.all(panels.map((panel) => panelPng(panel, view, index))));
      onProgress?.({ done: ++done, total });
      await new Promise((resume) => setTimeout(resume, 0)); // lets timers and signals in
    }
    viewers.push(viewerOf({ ...plane, panels, chosen, images }));
  }
  return viewers;
}

function panelCount({ mr, sct, ct, classes, uncertainty }: RasCase): number {
  return [mr, sct, ct, sct && ct, classes, uncertainty].filter(Boolean).length;
}

/** Slices of each case, given the pixels that one slice of each case has in all its panels. */
export function sliceLimit(pixels: readonly number[], maxSlices: number): number {
  const affordable = Math.floor(MAX_PIXELS / pixels.reduce((sum, n) => sum + n, 0));
  return Math.max(1, Math.min(maxSlices, affordable));
}

interface Parts {
  readonly n: number;
  readonly shown: RasCase;
  readonly view: View;
  readonly axis: string;
  readonly panels: readonly Panel[];
  readonly scores: readonly SliceScore[];
  readonly chosen: readonly SliceScore[];
  readonly images: readonly (readonly string[])[];
}

function viewerOf(parts: Parts): Viewer {
  const { n, shown, view, axis, panels, scores, chosen, images } = parts;
  const profile = sliceProfile(scores, chosen, `${shown.id}: MAE by ${axis} slice`);
  const slices = chosen.map((score, s) => ({
    images: images[s]!,
    where: `${axis} slice ${score.index}, ${WORLD[view.through].name} ${fixed(positionOf(shown.grid, view, score.index), 1)} mm`,
    score: scoreText(score, shown),
    places: profile.places[s]!,
  }));
  const middle = slices.length >> 1;
  const start = slices[middle]!;
  const id = `slice-${n}-${axis}`;
  const title = `${shown.id}${axis === "axial" ? "" : `, ${axis}`}`;
  const section = html`<section class="viewer" data-case="${n}" aria-labelledby="case-${id}">
<h3 id="case-${id}">${title}</h3>
<div class="panels" style="--panels: ${panels.length}">
${panels.map((panel, p) => panelFigure(panel, view, start.images[p]!, start.where, p === 0))}
</div>
<div class="transport">
<label for="${id}">Slice</label>
<input type="range" id="${id}" min="0" max="${slices.length - 1}" step="1" value="${middle}" aria-valuetext="${start.where}" aria-describedby="${id}-shown" autocomplete="off">
<output for="${id}"><span data-where>${start.where}</span><span class="score" data-score>${start.score}</span></output>
</div>
${profile.figure}
<p class="note" id="${id}-shown">${shownText(scores, chosen, axis, view, shown)}</p>
${shown.ct && shown.sct ? sliceTable(scores, shown, view) : undefined}
</section>`;
  return { section, data: { slices } };
}

function scoreText({ mae, voxels }: SliceScore, shown: RasCase): string {
  if (!shown.ct || !shown.sct) return "";
  if (Number.isNaN(mae)) return "no scored voxels";
  return `MAE ${fixed(mae, 1)} HU over ${count(voxels)} voxels`;
}

function shownText(
  scores: readonly SliceScore[],
  chosen: readonly SliceScore[],
  axis: string,
  view: View,
  { scored, sct, ct, maskRule }: RasCase,
): string {
  const { name, first, rises } = WORLD[view.through];
  const full = scores.filter((score) => score.voxels > 0).length || scores.length;
  const which = `${full} of ${scores.length} ${axis} slices${scored ? " hold scored voxels" : ""}`;
  const all = chosen.length === full ? "all are shown" : `${chosen.length} are shown, evenly chosen`;
  return `${which}; ${all}. Slices count from 0 ${first}; ${name} rises ${rises}.${
    ct && sct && scored
      ? ` MAE by slice is taken over scored voxels${maskRule ? `: ${maskRule}` : ""}. The error map shows all voxels.`
      : ""
  }`;
}

function sliceTable(scores: readonly SliceScore[], { grid, id }: RasCase, view: View): Html {
  return dataTable(
    {
      summary: "Numbers by slice",
      caption: `${id}: mean absolute error of each slice`,
      head: ["Slice", "Position, mm", "MAE, HU", "Scored voxels"],
    },
    scores
      .filter((score) => score.voxels > 0)
      .map(({ index, mae, voxels }) => [
        String(index),
        fixed(positionOf(grid, view, index), 1),
        fixed(mae, 1),
        count(voxels),
      ]),
  );
}

/** One image with its colour bar. */
export function panelFigure(panel: Panel, view: View, image: string, where: string, first: boolean): Html {
  const { volume, title, unit, palette, names } = panel;
  const mm = [view.across, view.along].map((d) => volume.shape[d]! * volume.spacing[d]!) as [number, number];
  const letters = html`<span class="side left" aria-hidden="true">${view.left}</span><span class="side top" aria-hidden="true">${view.top}</span>`;
  return html`<figure class="panel">
<figcaption>${title}<small>${unit}</small></figcaption>
<div class="image" style="aspect-ratio: ${mm[0].toFixed(3)} / ${mm[1].toFixed(3)}">
<img src="data:image/png;base64,${image}" width="${volume.shape[view.across]}" height="${volume.shape[view.along]}" alt="${title}, ${where}" data-name="${title}" decoding="sync">
${first ? letters : undefined}${volume.simulated ? html`<span class="badge" aria-hidden="true">simulated</span>` : undefined}
</div>
${names ? legend(names) : colourBar(panel, `${title}: ${significant(palette.low)} to ${significant(palette.high)} ${unit}`)}
</figure>`;
}

/** What each colour of a label stands for. Drawn, as {@link colourBar}. */
function legend(names: readonly string[]): Html {
  return html`<ul class="legend">${names.map((name, label) => html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" fill="rgb(${labelColour(label).join(" ")})"/></svg> ${name}</li>`)}</ul>`;
}

/** Colours from low to high with labelled values. Drawn, not a background: printers leave backgrounds out. */
export function colourBar(
  {
    palette,
    ticks,
    text = significant,
  }: Pick<Panel, "palette" | "ticks"> & { readonly text?: (tick: number) => string },
  label: string,
): Html {
  const { low, high, colours } = palette;
  const step = 6;
  const stripes = colours
    .slice(0, -1)
    .filter((_, c) => c % step === 0)
    .map(
      (c, n) => html`<rect x="${n * step}" width="${step + 0.5}" height="10" fill="rgb(${c.join(" ")})"/>`,
    );
  const place = (value: number) => (100 * (value - low)) / (high - low);
  // Labels at the ends stay inside the bar.
  const edge = (percent: number) => (percent < 3 ? "first" : percent > 97 ? "last" : "");
  return html`<div class="bar" role="img" aria-label="Colour bar. ${label}">
<svg viewBox="0 0 ${step * stripes.length} 10" preserveAspectRatio="none" aria-hidden="true">${stripes}</svg>
<div class="ticks" aria-hidden="true">${ticks.map((tick) => html`<span class="${edge(place(tick))}" style="left: ${place(tick).toFixed(2)}%">${text(tick)}</span>`)}</div>
</div>`;
}
