import type {
  CohortCaseResult,
  CohortComparison,
  CohortGroups,
  CohortResult,
} from "../../../evaluation/cohort/index.ts";
import { inFlags } from "../io/in-flags.ts";
import type { Output } from "../io/output.ts";

type Table = readonly [head: readonly string[], rows: readonly (readonly string[])[]];

/** Aggregates of a cohort. */
export function measureTable({ measures }: CohortResult): Table {
  return [
    ["metric", "unit", "n", "mean", "SD", "95 % interval", "median", "quartiles", "min", "max"],
    measures.map(({ name, unit = "", summary: s, interval }) => {
      const text = (value: number) => shown(value, unit);
      return [
        name,
        unit,
        String(s.count),
        text(s.mean),
        text(s.sd),
        `${text(interval.low)} to ${text(interval.high)}`,
        text(s.median),
        `${text(s.q1)} to ${text(s.q3)}`,
        text(s.min),
        text(s.max),
      ];
    }),
  ];
}

/** The metrics of each group, without the errors by class. */
export function groupTable({ by, groups }: CohortGroups): Table {
  const [first] = groups.flatMap(({ measures }) => (measures.length > 0 ? [measures] : []));
  const metrics = (first ?? []).filter(({ name }) => !name.includes("."));
  return [
    [by, "n", ...metrics.flatMap(({ name, unit }) => [unit ? `${name}, ${unit}` : name, "SD"])],
    groups.map(({ name, scored, measures }) => [
      name,
      String(scored.length),
      ...metrics.flatMap((metric) => {
        const { unit = "", summary } = measures.find((one) => one.name === metric.name) ?? {};
        return summary ? [shown(summary.mean, unit), shown(summary.sd, unit)] : ["-", "-"];
      }),
    ]),
  ];
}

/** Two models, measure by measure. */
export function comparisonTable({ measures }: CohortComparison): Table {
  return [
    ["metric", "unit", "n", "mean a", "mean b", "mean a - b", "95 % interval", "p", "better"],
    measures.map(({ name, unit = "", n, interval, wilcoxon, direction, better, ...m }) => {
      const text = (value: number) => shown(value, unit);
      return [
        direction === "nearer-zero" ? `|${name}|` : name,
        unit,
        String(n),
        text(m.meanA),
        text(m.meanB),
        text(m.meanDifference),
        `${text(interval.low)} to ${text(interval.high)}`,
        wilcoxon === undefined || Number.isNaN(wilcoxon.p) ? "-" : wilcoxon.p.toPrecision(2),
        better,
      ];
    }),
  ];
}

/** Says which cases failed or lack a part, and why. @returns their ids */
export function sayFailures(cases: readonly CohortCaseResult[], model: string, output: Output): string[] {
  const bad = cases.flatMap((one) => {
    const why = one.status === "failed" ? one.reason : one.note;
    if (why === undefined) return [];
    const id = model === "" ? one.id : `${model}/${one.id}`;
    const { where } = one.error ?? {};
    const place = where === one.id ? undefined : typeof where === "object" ? where.option : where; // a cohort has no flag for a mask
    const said = one.error ? inFlags({ ...one.error, where: place }) : why;
    output.say(`${id}: ${one.status === "failed" ? "" : "scored without its MR: "}${said}`);
    return [id];
  });
  return bad;
}

function shown(value: number, unit: string): string {
  return Number.isNaN(value) ? "-" : value.toFixed(unit === "" ? 4 : 2);
}
