import type { ReportCase } from "./content.ts";
import { type Html, html } from "./html.ts";
import { count, metricNumber } from "./number-text.ts";
import { dataTable } from "./table.ts";

/** Measures that belong to no preset: labels, bone, electron density, path lengths, spread. One row each, with how it was measured. */
export function measureSection(cases: readonly ReportCase[]): Html | undefined {
  const rows = cases.flatMap(({ id, measures = [] }) =>
    measures.map(({ name, value }) => [
      id,
      html`<span class="text">${name}</span>`,
      `${metricNumber(value)}${value.unit && !Number.isNaN(value.value) ? ` ${value.unit}` : ""}`,
      html`<span class="words">${value.maskRule}</span>`,
      count(value.voxels),
      html`<span class="text">${value.why ?? ""}</span>`,
    ]),
  );
  if (rows.length === 0) return undefined;
  return html`<section aria-labelledby="measures">
<h2 id="measures">Other measures</h2>
${dataTable(
  {
    caption: "Other measures by case",
    head: ["Case", "Measure", "Value", "Mask rule", "Voxels or rays", "Why undefined"],
  },
  rows,
)}
</section>`;
}
