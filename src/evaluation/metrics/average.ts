import { assert } from "../../base/errors/index.ts";
import {
  type ClassErrors,
  type METRIC_NAMES,
  type MetricName,
  type MetricReport,
  type MetricValue,
  metricsOf,
} from "./report.ts";

/**
 * The cohort's report: each metric is the mean over patients, each patient counting the same however large, with `sd`
 * over patients. A patient whose value is not finite is left out of that metric, and `why` counts them. What only some reports
 * have, and classes that not all share, are left out.
 *
 * @param reports one per patient, all of one preset and one mask rule
 * @throws MidashError `invalid-argument` for no reports, mixed presets or mask rules, or reports of cohorts
 */
export function averageReports(reports: readonly MetricReport[]): MetricReport {
  const where = { call: "averageReports" };
  const first = reports[0];
  assert(first, "needs at least one report", { where });
  for (const report of reports) {
    assert(
      report.preset === first.preset,
      `reports of presets "${first.preset}" and "${report.preset}" can't be averaged`,
      { where },
    );
    assert(
      report.mae.maskRule === first.mae.maskRule,
      `reports with mask rules "${first.mae.maskRule}" and "${report.mae.maskRule}" can't be averaged`,
      { where, hint: "evaluate all patients with a mask, or all without" },
    );
    assert(
      String(report.psnr.dataRange) === String(first.psnr.dataRange),
      `reports with data ranges [${first.psnr.dataRange}] and [${report.psnr.dataRange}] can't be averaged`,
      { where },
    );
    assert(report.patients === 1, "one of the reports is a cohort's already", {
      where,
      hint: "average patients once",
    });
  }
  const shared = metricsOf(first).flatMap(([name]) => {
    const values = reports.flatMap((report) => report[name] ?? []);
    return values.length === reports.length ? [[name, averageValues(values)] as const] : [];
  });
  const means = Object.fromEntries(shared) as Readonly<Partial<Record<MetricName, MetricValue>>> &
    Readonly<Record<(typeof METRIC_NAMES)[number], MetricValue>>;
  const classes = averageClasses(reports);
  return {
    preset: first.preset,
    simulated: reports.some((r) => r.simulated),
    patients: reports.length,
    ...(first.slices === undefined ? {} : { slices: reports.reduce((n, r) => n + (r.slices ?? 0), 0) }),
    ...means,
    ...(classes.length > 0 ? { classes } : {}),
  };
}

function averageClasses(reports: readonly MetricReport[]): ClassErrors[] {
  return (reports[0]!.classes ?? []).flatMap(({ name, min, max }) => {
    const alike = reports.flatMap(
      (report) => report.classes?.filter((c) => c.name === name && c.min === min && c.max === max) ?? [],
    );
    if (alike.length !== reports.length) return [];
    return [
      {
        name,
        min,
        max,
        mae: averageValues(alike.map((c) => c.mae)),
        me: averageValues(alike.map((c) => c.me)),
      },
    ];
  });
}

function averageValues(values: readonly MetricValue[]): MetricValue {
  const used = values.filter((v) => Number.isFinite(v.value));
  const notes = [...new Set(values.flatMap((v) => v.why ?? []))];
  const left = values.length - used.length;
  if (left > 0) notes.unshift(`${left} of ${values.length} patients left out`);
  const mean = used.reduce((sum, v) => sum + v.value, 0) / used.length; // NaN when none is left
  const squares = used.reduce((sum, v) => sum + (v.value - mean) ** 2, 0);
  const { why: _, ...common } = values[0]!;
  return {
    ...common,
    value: mean,
    voxels: used.reduce((n, v) => n + v.voxels, 0),
    sd: Math.sqrt(squares / used.length),
    ...(notes.length > 0 ? { why: notes.join("; ") } : {}),
  };
}
