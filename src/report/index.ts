/**
 * Pictures and reports of results: `reportHtml` makes one self-contained HTML file, `montagePng` one picture. Both give the file's
 * content; writing it is yours.
 *
 * @packageDocumentation
 */
export type { ReportCase, ReportContent, ReportOptions } from "./content.ts";
export { type MontageOptions, type MontageRow, montagePng } from "./montage.ts";
export { reportHtml } from "./report-html.ts";
