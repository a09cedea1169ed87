import { assert } from "../../base/errors/index.ts";
import { METRIC_NAMES, type MetricReport } from "./report.ts";

/**
 * A report as text, a JSON object. JSON has no NaN and no Infinity: they are written as the strings "NaN", "Infinity" and "-Infinity",
 * so that {@link parseReport} gives back what was.
 */
export function stringifyReport(report: MetricReport): string {
  return JSON.stringify(report, (_, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );
}

const NOT_FINITE: ReadonlySet<unknown> = new Set(["NaN", "Infinity", "-Infinity"]);
/** Members that hold text, which may be "NaN" for all we know. */
const TEXT: ReadonlySet<string> = new Set(["preset", "maskRule", "why", "unit", "name"]);

/**
 * Reads what {@link stringifyReport} wrote.
 *
 * @throws MidashError `invalid-argument` when it is no report
 */
export function parseReport(text: string): MetricReport {
  const where = { call: "parseReport" };
  let value: unknown;
  try {
    value = JSON.parse(text, (key, member: unknown) =>
      NOT_FINITE.has(member) && !TEXT.has(key) ? Number(member) : member,
    );
  } catch (error) {
    assert(false, `is no JSON: ${(error as Error).message}`, { where });
  }
  const report = value as Partial<MetricReport> | null;
  assert(
    typeof report === "object" && report !== null && typeof report.preset === "string",
    "is no metric report: it has no preset",
    { where },
  );
  for (const name of METRIC_NAMES)
    assert(
      typeof report[name]?.value === "number" && typeof report[name].maskRule === "string",
      `is no metric report: ${name} is missing, or has no value and mask rule`,
      { where },
    );
  return report as MetricReport;
}
