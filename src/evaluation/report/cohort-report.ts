import { assert } from "../../base/errors/index.ts";
import { WIDE_WINDOW, windowRange } from "../../imaging/display/index.ts";
import type { CohortMeasure } from "../cohort/index.ts";
import { agreementSection } from "./agreement-section.ts";
import type { CohortReportContent, CohortReportOptions } from "./cohort-content.ts";
import {
  measureName,
  measureNumber,
  metricsAlone,
  rangeOf,
  SUMMARY_HEAD,
  summaryCells,
} from "./cohort-names.ts";
import { comparisonSection } from "./comparison-section.ts";
import { distributionSection, type NamedCohort } from "./distribution-section.ts";
import { groupsSection } from "./groups-section.ts";
import { type Html, html } from "./html.ts";
import { jointSection } from "./joint-section.ts";
import { count, significant } from "./number-text.ts";
import { page } from "./page.ts";
import { dataTable } from "./table.ts";
import { worstSection } from "./worst-section.ts";

/** What stands large at the top, where it was measured. */
const READOUTS = ["mae", "psnr", "ssim", "msssim"];

/**
 * A cohort's report as one HTML file that opens from disk and fetches nothing: cases that could not be evaluated, aggregates with
 * intervals, box plots, Bland-Altman, the joint histogram of MR (or sCT) and CT, two models compared, and pictures of the worst cases; each chart
 * with its numbers in a table.
 *
 * @returns the text of the file, UTF-8
 * @throws MidashError `invalid-argument` for wrong options; what `volumes` throws; `aborted`
 */
export async function cohortReportHtml(
  content: CohortReportContent,
  options: CohortReportOptions = {},
): Promise<string> {
  const { worst = 6, errorLimit = 300, signal, onProgress } = options;
  const where = { call: "cohortReportHtml" };
  assert(Number.isInteger(worst) && worst >= 0, `worst must be a whole number from 0, got ${worst}`, {
    where,
  });
  assert(errorLimit > 0 && Number.isFinite(errorLimit), `errorLimit must be positive, got ${errorLimit}`, {
    where,
  });
  const range = windowRange(options.window ?? WIDE_WINDOW, where);
  const { title, lead, facts = {}, comparison, notes = [], created = new Date() } = content;
  const models = content.models.filter((model): model is NamedCohort => model !== undefined);
  const [first] = content.models;
  return page({
    title,
    lead,
    facts: [
      ...Object.entries(facts),
      ["Created", `${created.toISOString().slice(0, 16).replace("T", " ")} UTC`],
    ],
    simulated: models.some(({ cohort }) => cohort.simulated),
    body: [
      readoutList(first),
      failures(models),
      aggregates(models, notes),
      groupsSection(content.groups ?? []),
      comparison && models[1] && comparisonSection(comparison, first.name, models[1].name),
      distributionSection(models),
      agreementSection(models),
      await jointSection(first),
      await worstSection(content, { worst, range, errorLimit, signal, onProgress }),
    ],
  });
}

function readoutList({ name, cohort }: NamedCohort): Html {
  const { measures, preset, scored, cases } = cohort;
  const list = measures
    .filter((measure) => READOUTS.includes(measure.name))
    .map((measure) => {
      const { summary, interval, unit } = measure;
      return html`<div><dt>${measureName(measure.name)}, mean</dt><dd><b>${measureNumber(summary.mean, measure)}</b>${unit ? ` ${unit}` : ""}</dd><dd class="under">95 %: ${rangeOf(interval.low, interval.high, measure)}</dd></div>`;
    });
  return html`<dl class="readouts">${list}<div><dt>Cases</dt><dd><b>${scored.length}</b> of ${cases.length}</dd><dd class="under">${preset}, ${name}</dd></div></dl>`;
}

/** Cases that failed, and scored ones that lack a part: first of all, since every number below is without them. */
function failures(models: readonly NamedCohort[]): Html | undefined {
  const rows = models.flatMap(({ name, cohort }) =>
    cohort.cases.flatMap((one) => {
      const why = one.status === "failed" ? one.reason : one.note;
      const what = one.status === "failed" ? "not evaluated" : "scored";
      return why === undefined ? [] : [[one.id, name, what, html`<span class="words">${why}</span>`]];
    }),
  );
  if (rows.length === 0) return undefined;
  const failed = models.reduce((sum, { cohort }) => sum + cohort.failed.length, 0);
  return html`<section aria-labelledby="failures">
<h2 id="failures">${failed > 0 ? `${failed} ${failed === 1 ? "case" : "cases"} could not be evaluated${models.length > 1 ? ", both models counted" : ""}` : "Remarks on cases"}</h2>
<p class="note">All numbers below are without the cases that could not be evaluated.</p>
${dataTable({ caption: "What is wrong with each", head: ["Case", "Predictions", "Outcome", "Reason"] }, rows)}
</section>`;
}

function aggregates(models: readonly NamedCohort[], notes: readonly string[]): Html {
  const [{ cohort }] = models as readonly [NamedCohort];
  return html`<section aria-labelledby="metrics">
<h2 id="metrics">Metrics over cases</h2>
${models.map((model) => aggregateTables(model, models.length > 1))}
<p class="note">Each case counts the same. SD: sample standard deviation. 95 % interval: percentile bootstrap of the mean over cases; below some 15 cases it is too narrow.</p>
${leftOut(models)}
${dataTable(
  {
    caption: `How ${cohort.preset} measures`,
    head: ["Measure", "Mask rule", "Unit", "Data range, HU", "Averaged over, all cases"],
  },
  metricsAlone(cohort.measures).map(({ name, maskRule, unit, dataRange, voxels }) => [
    measureName(name),
    html`<span class="words">${maskRule}</span>`,
    unit ?? "none",
    dataRange ? dataRange.map((value) => significant(value)).join(" to ") : "not clipped",
    `${count(voxels)} ${name.includes("ssim") ? "windows" : "voxels"}`,
  ]),
)}
${notes.map((note) => html`<p class="note">${note}</p>`)}
</section>`;
}

/** The metrics, and below them the errors by class. */
function aggregateTables({ name, cohort }: NamedCohort, several: boolean): Html {
  const of = several ? `, ${name}` : "";
  const metrics = metricsAlone(cohort.measures);
  const about = `${cohort.preset}, ${cohort.scored.length} cases${of}${cohort.simulated ? ", simulated images" : ""}`;
  const classes = cohort.measures.filter((measure) => !metrics.includes(measure));
  return html`${aggregateTable(about, metrics)}${classes.length > 0 ? aggregateTable(`${about}: errors by class of the CT's HU`, classes) : undefined}`;
}

function aggregateTable(caption: string, measures: readonly CohortMeasure[]): Html {
  return dataTable(
    {
      whole: true,
      caption,
      head: [...SUMMARY_HEAD, "Lowest", "Highest"],
    },
    measures.map((measure) => {
      const { min, max } = measure.summary;
      return [...summaryCells(measure), measureNumber(min, measure), measureNumber(max, measure)];
    }),
  );
}

/** Which cases have no finite value of a measure, and why. */
function leftOut(models: readonly NamedCohort[]): Html | undefined {
  const lines = models.flatMap(({ name, cohort }) =>
    cohort.measures.flatMap((measure) =>
      measure.left.map(
        ({ id, why }) =>
          `${models.length > 1 ? `${name}, ` : ""}${measureName(measure.name)} without ${id}: ${why}.`,
      ),
    ),
  );
  return lines.length > 0
    ? html`<ul class="why">${lines.map((line) => html`<li>${line}</li>`)}</ul>`
    : undefined;
}
