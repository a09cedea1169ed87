import type { CohortResult } from "../cohort/index.ts";
import { summarise } from "../cohort/index.ts";
import { chartFrame, levels, pointLabel } from "./chart-frame.ts";
import { niceTicks } from "./colour-bar.ts";
import type { NamedCohort } from "./distribution-section.ts";
import { type Html, html } from "./html.ts";
import { around, inTwoSizes } from "./line-chart.ts";
import { count, fixed, NONE } from "./number-text.ts";
import { dataTable } from "./table.ts";

const SIZES = [
  [960, 340],
  [360, 300],
] as const;
/** Labels of cases beyond the limits at most. */
const MAX_LABELS = 6;

/** Bias and limits of agreement of mean HU (Bland and Altman, Lancet 327, 1986). */
export interface Agreement {
  readonly bias: number;
  /** bias - 1.96 SD and bias + 1.96 SD; NaN for one case. */
  readonly low: number;
  readonly high: number;
  readonly sd: number;
  readonly cases: readonly {
    readonly id: string;
    readonly sct: number;
    readonly ct: number;
    readonly voxels: number;
  }[];
}

export function agreementOf({ scored }: CohortResult): Agreement {
  const cases = scored.map(({ id, body }) => ({
    id,
    sct: body.prediction,
    ct: body.reference,
    voxels: body.voxels,
  }));
  const { mean, sd } = summarise(cases.map(({ sct, ct }) => sct - ct));
  return { bias: mean, sd, low: mean - 1.96 * sd, high: mean + 1.96 * sd, cases };
}

/** Bland-Altman plots of the mean HU in the body. */
export function agreementSection(models: readonly NamedCohort[]): Html {
  return html`<section aria-labelledby="agreement">
<h2 id="agreement">Agreement of mean HU</h2>
<p class="note">Bland-Altman: mean HU of each case where voxels count, sCT against CT. Limits of agreement: bias ± 1.96 SD of the differences, within which 95 % of cases lie if differences are normal; of few cases they are rough.</p>
${models.map((model) => agreementFigure(model, models.length > 1))}
</section>`;
}

function agreementFigure({ name, cohort }: NamedCohort, several: boolean): Html {
  const agreement = agreementOf(cohort);
  const { bias, low, high, sd, cases } = agreement;
  const points = cases.map(({ id, sct, ct }) => ({ id, x: (sct + ct) / 2, y: sct - ct }));
  const lines = [
    { value: bias, text: `bias: ${fixed(bias, 1)}`, kind: "bias" },
    ...(Number.isNaN(sd)
      ? []
      : [
          { value: high, text: `+1.96 SD: ${fixed(high, 1)}`, kind: "limit" },
          { value: low, text: `−1.96 SD: ${fixed(low, 1)}`, kind: "limit" },
        ]),
  ];
  const beyond = points.filter(({ y }) => y < low || y > high);
  const [xLow, xHigh] = around(points.map(({ x }) => x));
  const [yLow, yHigh] = around([0, ...points.map(({ y }) => y), ...lines.map(({ value }) => value)]);
  const x = { title: "mean of sCT and CT, HU", low: xLow, high: xHigh, ticks: niceTicks(xLow, xHigh, 5) };
  const y = { title: "sCT − CT, HU", low: yLow, high: yHigh, ticks: niceTicks(yLow, yHigh, 5) };
  const of = several ? `, ${name}` : "";
  const label = `Bland-Altman plot of mean HU${of}: ${cases.length} cases, bias ${fixed(bias, 1)} HU, limits of agreement ${fixed(low, 1)} to ${fixed(high, 1)} HU. ${beyond.length === 0 ? "No case lies beyond them." : `Beyond them: ${beyond.map(({ id }) => id).join(", ")}.`}`;
  return html`<figure class="wide"><figcaption>Mean HU of sCT and CT${of}<small>bias ${fixed(bias, 1)} HU, SD ${fixed(sd, 1)} HU, ${cases.length} cases</small></figcaption>
${inTwoSizes(SIZES, (size) =>
  chartFrame({
    label,
    size,
    x,
    y,
    draw: (places) => {
      const zero = html`<g class="level zero"><path d="M${places.left} ${places.up(0)}H${places.right}"/></g>`;
      return html`${zero}${levels(places, lines)}<g class="points">${points.map((one) => html`<circle class="${beyond.includes(one) ? "outlier" : ""}" cx="${places.across(one.x)}" cy="${places.up(one.y)}" r="4"><title>${one.id}</title></circle>`)}</g>${beyond.slice(0, MAX_LABELS).map((one) => pointLabel(one.id, places.across(one.x), places.up(one.y), places))}`;
    },
  }),
)}</figure>
${dataTable(
  {
    summary: `Numbers of the plot${of}`,
    caption: `Mean HU of sCT and CT by case${of}`,
    head: ["Case", "sCT, HU", "CT, HU", "sCT − CT, HU", "Voxels", "Within limits"],
  },
  cases.map(({ id, sct, ct, voxels }) => [
    id,
    fixed(sct, 1),
    fixed(ct, 1),
    fixed(sct - ct, 1),
    count(voxels),
    Number.isNaN(sd) ? NONE : sct - ct < low || sct - ct > high ? "no" : "yes",
  ]),
)}`;
}
