import type { CohortComparison, PairedMeasure } from "../cohort/index.ts";
import { chartFrame, levels, shortened } from "./chart-frame.ts";
import { measureName, measureNumber, measureTitle, pText, rangeOf } from "./cohort-names.ts";
import { niceTicks } from "./colour-bar.ts";
import { type Html, html } from "./html.ts";
import { around, inTwoSizes } from "./line-chart.ts";
import { NONE } from "./number-text.ts";
import { dataTable } from "./table.ts";

const SIZES = [
  [540, 260],
  [360, 250],
] as const;
/** What has a plot, where it was measured; the table has all. */
const PLOTTED = ["mae", "psnr", "ssim", "msssim"];
const WAYS = { lower: "lower", higher: "higher", "nearer-zero": "nearer to 0" } as const;

/** Two models, pair by pair. */
export function comparisonSection(comparison: CohortComparison, a: string, b: string): Html {
  const { ids, onlyA, onlyB, measures } = comparison;
  const left = [...onlyA, ...onlyB];
  const plotted = measures.filter(({ name, n }) => PLOTTED.includes(name) && n > 0);
  return html`<section aria-labelledby="comparison">
<h2 id="comparison">${a} against ${b}</h2>
<p class="note">Pair by pair, over the ${ids.length} cases that both were scored on${left.length > 0 ? `; left out: ${left.join(", ")}` : ""}. Differences are ${a} − ${b}; of mean errors, of their absolute values. Intervals: 95 %, bootstrap over cases. p: Wilcoxon's signed-rank test, two-sided, not corrected for the ${measures.length} measures.</p>
${dataTable(
  {
    whole: true,
    caption: `${a} and ${b} over the same cases`,
    head: ["Measure", "Better is", "Cases", a, b, "Mean difference", "95 % interval", "p", "In favour of"],
  },
  measures.map((measure) => [
    measure.direction === "nearer-zero"
      ? `|${measureName(measure.name)}|${measure.unit ? `, ${measure.unit}` : ""}`
      : measureTitle(measure),
    WAYS[measure.direction],
    String(measure.n),
    measureNumber(measure.meanA, measure),
    measureNumber(measure.meanB, measure),
    measureNumber(measure.meanDifference, measure),
    rangeOf(measure.interval.low, measure.interval.high, measure),
    pText(measure.wilcoxon?.p),
    measure.better === "neither" ? "neither" : measure.better === "a" ? a : b,
  ]),
)}
<div class="charts large">${plotted.map((measure) => differenceFigure(measure, a, b))}</div>
${dataTable(
  {
    summary: "Numbers by pair",
    caption: `Differences by case, ${a} − ${b}`,
    head: ["Case", ...plotted.flatMap((one) => [`${measureName(one.name)} ${a}`, b, "difference"])],
  },
  ids.map((id) => [
    id,
    ...plotted.flatMap((measure) => {
      const pair = measure.cases.find((one) => one.id === id);
      if (!pair) return [NONE, NONE, NONE];
      return [pair.a, pair.b, pair.difference].map((value) => measureNumber(value, measure));
    }),
  ]),
)}
</section>`;
}

/** A stalk from zero for each case, from the smallest to the largest difference; the mean and its interval as a band. */
function differenceFigure(measure: PairedMeasure, a: string, b: string): Html {
  const { cases, meanDifference, interval, n, wilcoxon, direction } = measure;
  const sorted = [...cases].sort((one, other) => one.difference - other.difference);
  const text = (value: number) => measureNumber(value, measure);
  // Room for the ids at both ends.
  const inner = around([0, ...sorted.map(({ difference }) => difference)]);
  const [low, high] = around(inner);
  const whole = niceTicks(1, Math.max(2, n), Math.min(6, Math.max(1, n - 1))).filter(Number.isInteger);
  const x = {
    title: "cases, by difference",
    low: 0.25,
    high: n + 0.75,
    ticks: whole.filter((tick) => tick <= n),
  };
  const y = {
    title: `${shortened(a)} − ${shortened(b)}${measure.unit ? `, ${measure.unit}` : ""}`,
    low,
    high,
    ticks: niceTicks(low, high, 5),
  };
  const above = sorted.filter(({ difference }) => difference > 0).length;
  const title = measureName(measure.name);
  const label = `Differences of ${title} case by case, ${a} minus ${b}: mean ${text(meanDifference)}, 95 % interval ${rangeOf(interval.low, interval.high, measure)}, p ${pText(wilcoxon?.p)}; above zero in ${above} of ${n} cases. ${direction === "higher" ? `Above zero ${a} is better.` : `Below zero ${a} is better.`}`;
  return html`<figure><figcaption>${title}, difference by case<small>mean ${text(meanDifference)}, shaded: 95 % interval ${rangeOf(interval.low, interval.high, measure)}; ${direction === "higher" ? "above" : "below"} 0: ${a} is better</small></figcaption>
${inTwoSizes(SIZES, (size) =>
  chartFrame({
    label,
    size,
    x,
    y,
    draw: (places) => {
      const { across, up, left, right } = places;
      const band = Number.isNaN(interval.low)
        ? undefined
        : html`<rect class="band" x="${left}" width="${right - left}" y="${up(interval.high)}" height="${Math.max(1, up(interval.low) - up(interval.high))}"/>`;
      // Only where nothing stands beside: beyond the outermost stalk of each side.
      const ends = [sorted[0]!, sorted.at(-1)!].filter(({ difference }, m) =>
        m === 0 ? difference < 0 : difference > 0,
      );
      const stalks = sorted.map(
        ({ id, difference }, m) =>
          html`<path class="stalk" d="M${across(m + 1)} ${up(0)}V${up(difference)}"/><circle cx="${across(m + 1)}" cy="${up(difference)}" r="4"><title>${id}</title></circle>`,
      );
      return html`${band}<g class="level zero"><path d="M${left} ${up(0)}H${right}"/></g><g class="points">${stalks}</g>${levels(places, [{ value: meanDifference, text: "", kind: "bias" }])}${ends.map((one) => endLabel(one.id, across(sorted.indexOf(one) + 1), up(one.difference), one.difference > 0))}`;
    },
  }),
)}</figure>`;
}

/** The id of the lowest case, below its stalk at the left, or of the highest, above its stalk at the right. */
function endLabel(id: string, x: number, y: number, highest: boolean): Html {
  return html`<text class="${highest ? "end" : ""}" aria-hidden="true" x="${highest ? x + 4 : x - 4}" y="${highest ? y - 8 : y + 16}">${shortened(id)}</text>`;
}
