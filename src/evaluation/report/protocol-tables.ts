import { type MetricName, type MetricReport, type MetricValue, metricsOf } from "../metrics/index.ts";
import { type Html, html } from "./html.ts";
import { count, fixed, significant } from "./number-text.ts";
import type { PresetScores } from "./scores.ts";
import { dataTable } from "./table.ts";

export const SHORT_NAMES: Readonly<Record<MetricName, string>> = {
  mae: "MAE",
  me: "ME",
  rmse: "RMSE",
  psnr: "PSNR",
  ssim: "SSIM",
  msssim: "MS-SSIM",
  ncc: "NCC",
};
const LONG_NAMES: Readonly<Record<MetricName, string>> = {
  mae: "mean absolute error",
  me: "mean error, sCT − CT",
  rmse: "root of the mean squared error",
  psnr: "peak signal-to-noise ratio",
  ssim: "structural similarity",
  msssim: "multi-scale structural similarity",
  ncc: "normalised cross-correlation, Pearson's r",
};

/** The metrics that any of the cases has, in the order to show them. */
export function namesOf(reports: readonly MetricReport[]): MetricName[] {
  const all = reports.map((report) => metricsOf(report).map(([name]) => name));
  return [...new Set(all.sort((a, b) => b.length - a.length).flat())];
}

/** Mask rule, unit, data range and count: one row for metrics that were measured alike. */
export function protocolTable({ preset, cases }: PresetScores): Html {
  const ways = new Map<
    string,
    { readonly metric: MetricValue; readonly names: MetricName[]; readonly over: string }
  >();
  for (const name of namesOf(cases.map(({ report }) => report))) {
    const values = cases.flatMap(({ report }) => report[name] ?? []);
    for (const rule of new Set(values.map((value) => value.maskRule))) {
      const alike = values.filter((value) => value.maskRule === rule);
      const over = averagedOver(
        name,
        alike.reduce((sum, value) => sum + value.voxels, 0),
      );
      const metric = alike[0]!;
      const key = JSON.stringify([metric.unit, metric.dataRange, rule, over]);
      const way = ways.get(key);
      if (way) way.names.push(name);
      else ways.set(key, { metric, names: [name], over });
    }
  }
  return dataTable(
    {
      caption: `How ${preset} measures`,
      head: ["Metrics", "Mask rule", "Unit", "Data range, HU", "Averaged over, all cases"],
    },
    [...ways.values()].map(({ metric, names, over }) => [
      names.map((name) => html`<div>${SHORT_NAMES[name]} <small>${LONG_NAMES[name]}</small></div>`),
      html`<span class="words">${metric.maskRule}</span>`,
      metric.unit ?? "none",
      rangeText(metric),
      over,
    ]),
  );
}

/** One row for each case and metric, closed until it is asked for. */
export function everyNumber({ preset, cases, mean }: PresetScores): Html {
  const means = cases.length > 1 && mean ? [{ id: `mean of ${cases.length}`, report: mean }] : [];
  return dataTable(
    {
      summary: "Every number with its protocol",
      caption: `Every number of ${preset}`,
      head: [
        "Case",
        "Metric",
        "Value",
        "Unit",
        "Preset",
        "Mask rule",
        "Data range, HU",
        "Averaged over",
        "Remark",
      ],
    },
    [...cases, ...means].flatMap(({ id, report }) =>
      metricsOf(report).map(([name, metric]) => {
        return [
          id,
          SHORT_NAMES[name],
          Number.isFinite(metric.value) ? significant(metric.value, 7) : fixed(metric.value, 0),
          metric.unit ?? "none",
          metric.preset,
          html`<span class="words">${metric.maskRule}</span>`,
          rangeText(metric),
          averagedOver(name, metric.voxels),
          metric.why ?? "",
        ];
      }),
    ),
  );
}

function averagedOver(name: MetricName, voxels: number): string {
  return `${count(voxels)} ${name === "ssim" || name === "msssim" ? "windows" : "voxels"}`;
}

function rangeText({ dataRange }: MetricValue): string {
  if (!dataRange) return "not clipped";
  return `${significant(dataRange[0])} to ${significant(dataRange[1])}`;
}
