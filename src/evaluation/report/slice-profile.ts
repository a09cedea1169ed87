import { niceTicks } from "./colour-bar.ts";
import { type Html, html } from "./html.ts";
import { around, type ChartAxis, type ChartLine, inTwoSizes, lineChart, placeAcross } from "./line-chart.ts";
import { fixed } from "./number-text.ts";
import type { SliceScore } from "./slice-scores.ts";

const SIZES = [
  [960, 130],
  [360, 130],
] as const;

/** The MAE of every slice as a line, with a cursor at the slice shown; `places` say where the cursor goes for each chosen slice, in each of the chart's two sizes. */
export function sliceProfile(
  scores: readonly SliceScore[],
  chosen: readonly SliceScore[],
  title: string,
): { readonly figure: Html | undefined; readonly places: readonly (readonly number[])[] } {
  const scored = scores.filter((score) => Number.isFinite(score.mae));
  if (scored.length < 2) return { figure: undefined, places: chosen.map(() => []) };
  const [first, last] = [scored[0]!.index, scored.at(-1)!.index];
  const x: ChartAxis = {
    title: "slice",
    low: first,
    high: last,
    ticks: niceTicks(first, last, Math.min(8, last - first)).filter(Number.isInteger),
  };
  const [low, high] = around(
    scored.map((score) => score.mae),
    true,
  );
  const y: ChartAxis = { title: "MAE, HU", low, high, ticks: niceTicks(low, high, 3) };
  const maes = scored.map((score) => score.mae);
  const best = scored[maes.indexOf(Math.min(...maes))]!;
  const worst = scored[maes.indexOf(Math.max(...maes))]!;
  const label = `${title}. Lowest ${fixed(best.mae, 1)} HU in slice ${best.index}, highest ${fixed(worst.mae, 1)} HU in slice ${worst.index}.`;
  const figure = html`<figure class="profile"><figcaption class="visually-hidden">${title}</figcaption>${inTwoSizes(SIZES, (size) => lineChart({ label, size, x, y, lines: runsOf(scored), cursor: chosen[chosen.length >> 1]!.index }))}</figure>`;
  return {
    figure,
    places: chosen.map((score) => SIZES.map(([width]) => placeAcross(x, width, score.index))),
  };
}

/** One line for each run of neighbouring slices: none across slices without scored voxels. */
function runsOf(scored: readonly SliceScore[]): ChartLine[] {
  const runs: [number, number][][] = [];
  scored.forEach(({ index, mae }, n) => {
    if (n === 0 || index !== scored[n - 1]!.index + 1) runs.push([]);
    runs.at(-1)!.push([index, mae]);
  });
  return runs.map((points) => ({ kind: "series", points, area: true, dots: points.length < 16 }));
}
