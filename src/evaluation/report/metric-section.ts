import { type MetricReport, type MetricValue, metricsOf } from "../metrics/index.ts";
import { classTable } from "./class-table.ts";
import { type Html, type HtmlValue, html } from "./html.ts";
import { count, fixed, metricNumber } from "./number-text.ts";
import { everyNumber, namesOf, protocolTable, SHORT_NAMES } from "./protocol-tables.ts";
import type { PresetScores } from "./scores.ts";
import { dataTable } from "./table.ts";

const PRESETS: Readonly<Record<PresetScores["preset"], string>> = {
  synthrad2023: "as the SynthRAD2023 challenge scores",
  synthrad2025: "as the SynthRAD2025 challenge scores images",
  monai: "whole volumes, as MONAI's metrics",
  slice2d: "whole axial slices, as papers on 2-D networks report",
};

/** All metrics: by case with their mean, how each is defined, and every number with its protocol. */
export function metricSection(scores: readonly PresetScores[], notes: readonly string[]): Html | undefined {
  if (scores.length === 0) return undefined;
  return html`<section aria-labelledby="metrics">
<h2 id="metrics">Metrics</h2>
${scores.map(presetTables)}
${scores.length > 1 ? html`<p class="note">Numbers of different presets can't be compared.</p>` : undefined}
${notes.map((note) => html`<p class="note">${note}</p>`)}
</section>`;
}

function presetTables(scores: PresetScores): Html {
  const { preset } = scores;
  const heading = html`<h3 id="preset-${preset}"><code>${preset}</code> <small>${PRESETS[preset]}</small></h3>`;
  return html`${heading}${scoreTable(scores)}${remarks(scores)}${classTable(scores)}${protocolTable(scores)}${everyNumber(scores)}`;
}

function scoreTable({ preset, cases, mean, lookupMae }: PresetScores): Html {
  const withLookup = cases.some((scored) => scored.lookupMae !== undefined);
  const names = namesOf(cases.map(({ report }) => report));
  const reference = cases[0]!.report;
  const lookup = (value: number | undefined) =>
    withLookup ? [value === undefined ? "none" : fixed(value, 1)] : [];
  const row = (name: HtmlValue, report: MetricReport, baseline: number | undefined) => [
    name,
    ...names.map((metric) => cell(report[metric])),
    ...lookup(baseline),
    count(report.mae.voxels),
  ];
  const rows = cases.map(({ id, report, lookupMae: baseline }) => row(id, report, baseline));
  if (mean && cases.length > 1)
    rows.push(row(html`<strong>Mean of ${cases.length}</strong>`, mean, lookupMae));
  return dataTable(
    {
      caption: `Metrics by case, ${preset}${reference.simulated ? ", simulated images" : ""}`,
      head: [
        "Case",
        ...names.map((name) => [SHORT_NAMES[name], reference[name]?.unit].filter(Boolean).join(", ")),
        ...(withLookup ? ["Lookup MAE, HU"] : []),
        "Voxels of MAE",
      ],
    },
    rows,
  );
}

function cell(metric: MetricValue | undefined): HtmlValue {
  if (!metric) return "none";
  const digits = metric.unit === "HU" ? 1 : metric.unit === "dB" ? 2 : 4;
  const spread = metric.sd === undefined ? undefined : html`<small> ± ${fixed(metric.sd, digits)}</small>`;
  return html`${metricNumber(metric)}${spread}`;
}

/** Why a value is undefined or what was left out, once for each case and metric; and what ± and Lookup are. */
function remarks({ cases, mean }: PresetScores): Html {
  const why = cases.flatMap(({ id, report }) =>
    metricsOf(report).flatMap(([name, { why }]) =>
      why === undefined ? [] : [`${id}, ${SHORT_NAMES[name]}: ${why}.`],
    ),
  );
  const left =
    cases.length > 1 && mean
      ? metricsOf(mean).flatMap(([name, { why }]) => (why ? [`Mean, ${SHORT_NAMES[name]}: ${why}.`] : []))
      : [];
  const keys = [
    ...(cases.length > 1 && mean ? ["± is the population standard deviation over cases."] : []),
    ...(cases.length > 1 && !mean ? ["No mean: the mask rules of the cases differ."] : []),
    ...(cases.some((scored) => scored.lookupMae !== undefined)
      ? [
          "Lookup: the baseline to beat. 256 quantile bins of MR intensity, each predicting the median HU of its bin, over the same voxels.",
        ]
      : []),
  ];
  return html`${why.length + left.length > 0 ? html`<ul class="why">${[...why, ...left].map((text) => html`<li>${text}</li>`)}</ul>` : undefined}
${keys.length > 0 ? html`<p class="note">${keys.join(" ")}</p>` : undefined}`;
}
