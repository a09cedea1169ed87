import { averageReports, type MetricPreset, type MetricReport } from "../metrics/index.ts";
import type { ReportCase } from "./content.ts";

/** All that was measured by one preset. */
export interface PresetScores {
  readonly preset: MetricPreset;
  readonly cases: readonly {
    readonly id: string;
    readonly report: MetricReport;
    readonly lookupMae?: number;
  }[];
  /** Mean over cases; the report itself where there is one case, none where their mask rules differ. */
  readonly mean?: MetricReport;
  /** Mean over cases of the baseline's MAE; only where every case has one. */
  readonly lookupMae?: number;
}

const PRESETS = [
  "synthrad2023",
  "synthrad2025",
  "monai",
  "slice2d",
] as const satisfies readonly MetricPreset[];

/** The scores of the cases by preset, `synthrad2023` first. */
export function scoresOf(cases: readonly ReportCase[]): PresetScores[] {
  return PRESETS.flatMap((preset) => {
    const scored = cases.flatMap(({ id, reports, lookupMae }) => {
      const report = reports?.[preset];
      // The baseline was measured on the voxels of synthrad2023's MAE.
      const baseline = preset === "synthrad2023" && typeof lookupMae === "number" ? { lookupMae } : {};
      return report ? [{ id, report, ...baseline }] : [];
    });
    if (scored.length === 0) return [];
    const reports = scored.map(({ report }) => report);
    const [{ mae, psnr }] = reports as [MetricReport];
    const alike = reports.every(
      (r) =>
        r.mae.maskRule === mae.maskRule &&
        String(r.psnr.dataRange) === String(psnr.dataRange) &&
        r.patients === 1,
    );
    const mean = reports.length === 1 ? reports[0] : alike ? averageReports(reports) : undefined;
    const lookups = scored.flatMap(({ lookupMae }) => (lookupMae === undefined ? [] : [lookupMae]));
    const lookupMae =
      lookups.length === scored.length ? lookups.reduce((a, b) => a + b, 0) / lookups.length : undefined;
    return [{ preset, cases: scored, mean, lookupMae }];
  });
}
