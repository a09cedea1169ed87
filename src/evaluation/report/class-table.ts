import type { ClassErrors, MetricReport } from "../metrics/index.ts";
import { type Html, type HtmlValue, html } from "./html.ts";
import { count, metricNumber } from "./number-text.ts";
import type { PresetScores } from "./scores.ts";
import { dataTable } from "./table.ts";

/** Errors by class of the CT's HU: one row for each case and class, closed until it is asked for. */
export function classTable({ preset, cases, mean }: PresetScores): Html | undefined {
  const means = cases.length > 1 && mean ? [{ id: `mean of ${cases.length}`, report: mean }] : [];
  const rows = [...cases, ...means].flatMap(({ id, report }) => rowsOf(id, report));
  if (rows.length === 0) return undefined;
  return dataTable(
    {
      summary: "Errors by class of HU",
      caption: `Errors where the CT lies in a class, ${preset}`,
      head: ["Case", "Class", "HU of the CT", "MAE, HU", "ME, HU", "Voxels"],
    },
    rows,
  );
}

function rowsOf(id: string, { classes = [] }: MetricReport): HtmlValue[][] {
  return classes.map((c) => [
    id,
    html`<span class="text">${c.name}</span>`,
    html`<span class="text">${rangeOf(c)}</span>`,
    html`${metricNumber(c.mae)}${spread(c.mae.sd)}`,
    html`${metricNumber(c.me)}${spread(c.me.sd)}`,
    count(c.mae.voxels),
  ]);
}

function spread(sd: number | undefined): Html | undefined {
  return sd === undefined ? undefined : html`<small> ± ${metricNumber({ value: sd, unit: "HU" })}</small>`;
}

function rangeOf({ min, max }: ClassErrors): string {
  const minus = (hu: number) => String(hu).replace("-", "−");
  if (min === Number.NEGATIVE_INFINITY) return `below ${minus(max)}`;
  return max === Number.POSITIVE_INFINITY ? `${minus(min)} or more` : `${minus(min)} to below ${minus(max)}`;
}
