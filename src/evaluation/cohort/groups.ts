import { assert } from "../../base/errors/index.ts";
import {
  type CohortMeasure,
  type CohortResult,
  type CohortStatisticsOptions,
  summariseCohort,
} from "./summary.ts";

/** One group of a cohort's cases. Plain data. */
export interface CohortGroup {
  /** E.g. "Erasmus", where cases are grouped by centre. */
  readonly name: string;
  /** Ids of its cases that were scored, in the cohort's order. */
  readonly scored: readonly string[];
  /** Ids of those that failed. */
  readonly failed: readonly string[];
  /** As of the whole cohort, over these cases alone; empty where none was scored. */
  readonly measures: readonly CohortMeasure[];
}

/** A cohort by what its cases have in common. Plain data. */
export interface CohortGroups {
  /** What groups them: "centre". */
  readonly by: string;
  /** In the order of their names. */
  readonly groups: readonly CohortGroup[];
  /** Ids of cases that belong to no group. */
  readonly without: readonly string[];
}

/**
 * The same statistics group by group, e.g. by centre or region. Groups are described, not tested against each other: they differ in patients and scanners, too.
 *
 * @param groupOf name of each case's group, by its id; cases that it lacks are in `without`
 * @throws MidashError `invalid-argument` when no case is in any group
 */
export function groupCohort(
  cohort: CohortResult,
  groupOf: ReadonlyMap<string, string>,
  { by, ...options }: CohortStatisticsOptions & { readonly by: string },
): CohortGroups {
  const names = [...new Set(cohort.cases.flatMap(({ id }) => groupOf.get(id) ?? []))].sort();
  assert(names.length > 0, `none of its ${cohort.cases.length} cases has a group by ${by}`, {
    where: { call: "groupCohort" },
    hint: "check that ids are those of the cases",
  });
  const groups = names.map((name): CohortGroup => {
    const cases = cohort.cases.filter(({ id }) => groupOf.get(id) === name);
    const ids = (status: "scored" | "failed") =>
      cases.flatMap((one) => (one.status === status ? [one.id] : []));
    const scored = ids("scored");
    const measures = scored.length > 0 ? summariseCohort(cases, options).measures : [];
    return { name, scored, failed: ids("failed"), measures };
  });
  return { by, groups, without: cohort.cases.flatMap(({ id }) => (groupOf.has(id) ? [] : [id])) };
}
