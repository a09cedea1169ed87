import { DENSITY_CLASSES } from "../../imaging/hounsfield/index.ts";
import { niceTicks } from "./colour-bar.ts";
import type { HuHistogram } from "./histogram.ts";
import { type Html, html } from "./html.ts";
import { type ChartAxis, inTwoSizes, legend, lineChart } from "./line-chart.ts";
import { count, significant } from "./number-text.ts";
import { dataTable } from "./table.ts";

/** Shares below this many percent are drawn at the lower edge. */
const FLOOR = 0.01;
const SIZES = [
  [960, 320],
  [360, 260],
] as const;

/** The histogram on a logarithmic axis, so that bone shows beside soft tissue, and its numbers. */
export function histogramSection(histogram: HuHistogram | undefined, cases: number): Html | undefined {
  if (!histogram) return undefined;
  const { voxels, width, sct, ct, outside } = histogram;
  const percent = (n: number) => (100 * n) / voxels;
  const [first, end] = drawn(histogram);
  const binLow = (b: number) => histogram.low + b * width;
  const [low, high] = [binLow(first), binLow(end)];
  const top = Math.max(...sct.map(percent), ...ct.map(percent));
  const ceiling = [0.1, 1, 2, 5, 10, 20, 50, 100].find((value) => value > top) ?? 100;
  const x: ChartAxis = { title: "HU", low, high, ticks: niceTicks(low, high, 6) };
  const y: ChartAxis = {
    title: "% of scored voxels, logarithmic",
    low: FLOOR,
    high: ceiling,
    log: true,
    ticks: [0.01, 0.1, 1, 10, 100].filter((tick) => tick <= ceiling),
    text: String,
  };
  const steps = (counts: readonly number[]) =>
    counts.slice(first, end).flatMap((n, b): [number, number][] => {
      const share = Math.max(FLOOR, percent(n));
      return [
        [binLow(first + b), share],
        [binLow(first + b + 1), share],
      ];
    });
  const marks = DENSITY_CLASSES.filter(({ min }) => min > low && min < high).map(({ min, name }) => ({
    x: min,
    text: name,
    kind: "class",
  }));
  const label =
    `Histogram of HU in sCT and CT over ${count(voxels)} scored voxels. ` +
    `Most frequent: sCT ${peak(histogram, sct)}, CT ${peak(histogram, ct)}.`;
  const left = outside.sct + outside.ct;
  return html`<section aria-labelledby="histogram">
<h2 id="histogram">HU histogram</h2>
<figure class="wide">
<figcaption>sCT and CT over ${count(voxels)} scored voxels of ${cases} ${cases === 1 ? "case" : "cases"}<small>bins of ${width} HU; upright lines: where the density classes fat, soft tissue and bone begin</small></figcaption>
${legend([
  ["ct", "CT"],
  ["sct", "sCT"],
])}
${inTwoSizes(SIZES, (size) =>
  lineChart({
    label,
    size,
    x,
    y,
    lines: [
      { kind: "ct", points: steps(ct), area: true },
      { kind: "sct", points: steps(sct) },
    ],
    marks,
  }),
)}
</figure>
${left > 0 ? html`<p class="note">Beyond the bins: ${count(outside.sct)} voxels of the sCT, ${count(outside.ct)} of the CT.</p>` : undefined}
${dataTable(
  {
    summary: "Numbers by bin",
    caption: "Scored voxels by HU",
    head: ["HU from", "to below", "CT, voxels", "sCT, voxels", "CT, %", "sCT, %"],
  },
  ct.map((n, b) => [
    significant(binLow(b)),
    significant(binLow(b + 1)),
    count(n),
    count(sct[b]!),
    significant(percent(n), 3),
    significant(percent(sct[b]!), 3),
  ]),
)}
</section>`;
}

/** The bins that are drawn: from the first to the last that rises above {@link FLOOR}. */
function drawn({ voxels, sct, ct }: HuHistogram): readonly [first: number, end: number] {
  const high = sct.map((n, b) => 100 * Math.max(n, ct[b]!) > FLOOR * voxels);
  return [Math.max(0, high.indexOf(true)), high.lastIndexOf(true) + 1 || high.length];
}

function peak({ low, width }: HuHistogram, counts: readonly number[]): string {
  const bin = counts.indexOf(Math.max(...counts));
  return `${significant(low + bin * width)} to ${significant(low + (bin + 1) * width)} HU`;
}
