import type { CohortResult } from "../cohort/index.ts";
import { type BoxRow, boxPlot, whiskers } from "./box-plot.ts";
import { measureName, measureNumber, measureTitle, metricsAlone } from "./cohort-names.ts";
import { type Html, html } from "./html.ts";
import { inTwoSizes } from "./line-chart.ts";
import { count } from "./number-text.ts";
import { dataTable } from "./table.ts";

const SIZES = [
  [540, 0],
  [360, 0],
] as const;

/** A cohort and whose it is. */
export interface NamedCohort {
  readonly name: string;
  readonly cohort: CohortResult;
}

/** Box plots of every metric, and the numbers of every case, worst first. */
export function distributionSection(models: readonly NamedCohort[]): Html {
  const [{ cohort }] = models as readonly [NamedCohort];
  return html`<section aria-labelledby="distribution">
<h2 id="distribution">Distribution over cases</h2>
<p class="note">Each point is a case. Box: quartiles and median; whiskers: to the outermost cases within 1.5 times the quartiles' distance; cases beyond them are named. Diamond: mean.</p>
<div class="charts large">${metricsAlone(cohort.measures).map(({ name }) => metricFigure(name, models))}</div>
${models.map((model) => caseTable(model, models.length > 1))}
</section>`;
}

function metricFigure(name: string, models: readonly NamedCohort[]): Html | undefined {
  const rows = models.flatMap((model) => boxRowOf(name, model) ?? []);
  const measure = models[0]!.cohort.measures.find((one) => one.name === name)!;
  if (rows.length === 0) return undefined;
  const text = (value: number) => measureNumber(value, measure);
  const sentences = rows.map((row) => {
    const { outliers } = whiskers(row);
    const ids = outliers.map(({ id, value }) => `${id} ${text(value)}`).join(", ");
    return `${models.length > 1 ? `${row.name}: ` : ""}${row.values.length} cases, median ${text(row.median)}, quartiles ${text(row.q1)} and ${text(row.q3)}, mean ${text(row.mean)}; ${ids ? `outliers: ${ids}` : "no outliers"}.`;
  });
  const label = `Box plot of ${measureTitle(measure)}. ${sentences.join(" ")}`;
  return html`<figure><figcaption>${measureName(name)}</figcaption>${inTwoSizes(SIZES, ([width]) =>
    boxPlot({ label, title: measure.unit ?? "", width, rows }),
  )}</figure>`;
}

function boxRowOf(measure: string, { name, cohort }: NamedCohort): BoxRow | undefined {
  const summary = cohort.measures.find((one) => one.name === measure)?.summary;
  if (!summary || summary.count === 0) return undefined;
  const values = cohort.scored.flatMap(({ id, report }) => {
    const value = report[measure as "mae"]?.value;
    return value !== undefined && Number.isFinite(value) ? [{ id, value }] : [];
  });
  const { q1, median, q3, mean } = summary;
  return { name, values, q1, median, q3, mean };
}

/** All cases, highest MAE first. */
function caseTable({ name, cohort }: NamedCohort, several: boolean): Html {
  const metrics = metricsAlone(cohort.measures);
  const of = several ? `, ${name}` : "";
  const ranked = [...cohort.scored].sort((a, b) => b.report.mae.value - a.report.mae.value);
  return dataTable(
    {
      summary: `Numbers by case${of}, worst first`,
      caption: `Metrics by case${of}, highest MAE first`,
      head: ["Case", ...metrics.map(measureTitle), "Voxels of MAE", "Remark"],
    },
    ranked.map(({ id, report, note }) => [
      id,
      ...metrics.map((measure) => {
        const value = report[measure.name as "mae"];
        return value ? measureNumber(value.value, measure) : "none";
      }),
      count(report.mae.voxels),
      html`<span class="words">${[...metrics.flatMap(({ name: key }) => report[key as "mae"]?.why ?? []), ...(note ? [note] : [])].join("; ")}</span>`,
    ]),
  );
}
