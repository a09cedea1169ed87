import type { ColourMap } from "../../imaging/display/index.ts";
import { JOINT_BINS, JOINT_HU, type JointCounts } from "../cohort/index.ts";
import { chartFrame, shortened } from "./chart-frame.ts";
import { niceTicks } from "./colour-bar.ts";
import type { NamedCohort } from "./distribution-section.ts";
import { type Html, html } from "./html.ts";
import { inTwoSizes } from "./line-chart.ts";
import { count, significant } from "./number-text.ts";
import { Palette } from "./palette.ts";
import { base64Png } from "./panel-png.ts";
import { dataTable } from "./table.ts";
import { colourBar } from "./viewer.ts";

const SIZES = [
  [720, 460],
  [360, 320],
] as const;
/** Bins of the table along each side: a number for each of the 64 × 64 bins would help nobody. */
const COARSE = 16;

/** From dark blue by green to yellow, evenly brighter; after viridis of Matplotlib (CC0). */
const STOPS = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
] as const;

/** All cases' counts together. Cases without an MR are left out where others have one. */
export function mergedJointCounts(
  joints: readonly JointCounts[],
): (JointCounts & { readonly cases: number }) | undefined {
  const x = joints.some((one) => one.x === "mr") ? "mr" : "sct";
  const alike = joints.filter((one) => one.x === x);
  if (alike.length === 0) return undefined;
  const counts = alike[0]!.counts.map((_, bin) => alike.reduce((sum, one) => sum + one.counts[bin]!, 0));
  return { x, counts, cases: alike.length };
}

/** The joint histogram of MR (or sCT) and CT as an image between axes, and its numbers. */
export async function jointSection({ name, cohort }: NamedCohort): Promise<Html | undefined> {
  const joint = mergedJointCounts(cohort.scored.map((one) => one.joint));
  if (!joint) return undefined;
  const { counts, cases } = joint;
  const most = Math.max(...counts);
  const voxels = counts.reduce((sum, n) => sum + n, 0);
  if (voxels === 0) return undefined;
  const mr = joint.x === "mr";
  const top = Math.max(1, Math.log10(most));
  const palette = new Palette(viridis(top), 0, top);
  const image = await base64Png(
    { width: JOINT_BINS, height: JOINT_BINS, data: pixels(counts, palette) },
    palette,
  );
  const what = mr ? "MR and CT" : "sCT and CT";
  const [low, high] = JOINT_HU;
  const x = mr
    ? {
        title: "MR, 0 and 1: percentiles 0.5 and 99.5 of each case",
        low: 0,
        high: 1,
        ticks: [0, 0.25, 0.5, 0.75, 1],
      }
    : { title: `${shortened(name)}, HU`, low, high, ticks: niceTicks(low, high, 6) };
  const y = { title: "CT, HU", low, high, ticks: niceTicks(low, high, 6) };
  const bin = counts.indexOf(most);
  const place = (n: number, axis: { readonly low: number; readonly high: number }) =>
    significant(axis.low + ((n + 0.5) * (axis.high - axis.low)) / JOINT_BINS, 3);
  const label = `Joint histogram of ${what} over ${count(voxels)} voxels of ${cases} cases. Most frequent: ${mr ? "MR" : "sCT"} ${place(bin % JOINT_BINS, x)} with CT ${place(Math.floor(bin / JOINT_BINS), y)} HU.`;
  const ticks = Array.from({ length: Math.floor(top) + 1 }, (_, n) => n);
  return html`<section aria-labelledby="joint">
<h2 id="joint">Joint histogram of ${what}</h2>
<figure class="wide joint"><figcaption>How often values meet, over ${count(voxels)} counted voxels of ${cases} ${cases === 1 ? "case" : "cases"}<small>${JOINT_BINS} × ${JOINT_BINS} bins; values beyond the ends are counted at the ends; ${mr ? "MR of each case between its own percentiles" : "dashed: sCT equals CT"}</small></figcaption>
${inTwoSizes(SIZES, (size) =>
  chartFrame({
    label,
    size,
    x,
    y,
    draw: ({ left, right, top: edge, bottom, across, up }) =>
      html`<image x="${left}" y="${edge}" width="${right - left}" height="${bottom - edge}" preserveAspectRatio="none" href="data:image/png;base64,${image}"/>${mr ? undefined : html`<path class="identity" d="M${across(low)} ${up(low)}L${across(high)} ${up(high)}"/>`}`,
  }),
)}
${colourBar({ palette, ticks, text: (tick) => count(10 ** tick) }, `voxels in a bin, logarithmic: none or 1 to ${count(most)}`)}
<p class="note">Voxels in a bin, logarithmic.</p>
</figure>
${jointTable(joint, x, y)}
</section>`;
}

/** Shares of all voxels in 16 × 16 coarse bins. */
function jointTable(
  { counts, x: kind }: JointCounts,
  x: { readonly low: number; readonly high: number },
  y: { readonly low: number; readonly high: number },
): Html {
  const step = JOINT_BINS / COARSE;
  const coarse = new Array<number>(COARSE ** 2).fill(0);
  for (const [bin, n] of counts.entries())
    coarse[Math.floor((bin % JOINT_BINS) / step) + COARSE * Math.floor(bin / JOINT_BINS / step)]! += n;
  const total = counts.reduce((sum, n) => sum + n, 0);
  const edge = (n: number, axis: { readonly low: number; readonly high: number }) =>
    significant(axis.low + (n * (axis.high - axis.low)) / COARSE, 4);
  const ends = (n: number, axis: { readonly low: number; readonly high: number }) =>
    `${edge(n, axis)} to ${edge(n + 1, axis)}`;
  const rows = Array.from({ length: COARSE }, (_, r) => COARSE - 1 - r);
  const columns = Array.from({ length: COARSE }, (_, c) => c);
  return dataTable(
    {
      summary: "Numbers of the histogram, in coarser bins",
      caption: `Percent of voxels: CT in HU from top to bottom, ${kind === "mr" ? "MR" : "sCT in HU"} from left to right`,
      head: ["CT, HU", ...columns.map((c) => ends(c, x))],
    },
    rows.map((r) => [
      ends(r, y),
      ...columns.map((c) => {
        const n = coarse[c + COARSE * r]!;
        return n === 0 ? "0" : significant((100 * n) / total, 2);
      }),
    ]),
  );
}

/** Row by row from the top, where CT is high. An empty bin has the colour below that of 1 voxel. */
function pixels(counts: readonly number[], palette: Palette): Uint8Array {
  const data = new Uint8Array(counts.length);
  for (const [bin, n] of counts.entries()) {
    const row = JOINT_BINS - 1 - Math.floor(bin / JOINT_BINS);
    data[(bin % JOINT_BINS) + JOINT_BINS * row] =
      n === 0 ? palette.indexOf(Number.NaN) : palette.indexOf(Math.log10(n));
  }
  return data;
}

/** NaN stands for an empty bin: black. */
function viridis(top: number): ColourMap {
  return (value) => {
    if (Number.isNaN(value)) return [16, 10, 24];
    const place = (STOPS.length - 1) * Math.max(0, Math.min(1, value / top));
    const n = Math.min(STOPS.length - 2, Math.floor(place));
    const [a, b] = [STOPS[n]!, STOPS[n + 1]!];
    const mix = (c: 0 | 1 | 2) => Math.round(a[c] + (b[c] - a[c]) * (place - n));
    return [mix(0), mix(1), mix(2)];
  };
}
