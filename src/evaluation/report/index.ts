/**
 * Pictures and reports of results: `reportHtml` and `cohortReportHtml` make one self-contained HTML file, `montagePng` one picture. All give the file's
 * content; writing it is yours.
 *
 * @packageDocumentation
 */
export type { CohortReportContent, CohortReportOptions } from "./cohort-content.ts";
export { cohortReportHtml } from "./cohort-report.ts";
export type { ReportCase, ReportContent, ReportOptions, ReportTable } from "./content.ts";
export type { NamedCohort } from "./distribution-section.ts";
export type { NamedGroups } from "./groups-section.ts";
export { type MontageOptions, type MontageRow, montagePng } from "./montage.ts";
export { qualityPicture } from "./quality-picture.ts";
export {
  type QualityCase,
  type QualityContent,
  type QualityReportOptions,
  qualityReportHtml,
} from "./quality-report.ts";
export { reportHtml } from "./report-html.ts";
