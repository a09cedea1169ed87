import type { CohortGroups } from "../cohort/index.ts";
import { measureName, metricsAlone, SUMMARY_HEAD, summaryCells } from "./cohort-names.ts";
import { type Html, html } from "./html.ts";
import { dataTable } from "./table.ts";

/** A cohort's groups and whose it is. */
export interface NamedGroups {
  readonly name: string;
  readonly groups: CohortGroups;
}

/** The metrics over the cases of each group. */
export function groupsSection(models: readonly NamedGroups[]): Html | undefined {
  const [first] = models;
  if (!first) return undefined;
  return html`<section aria-labelledby="groups">
<h2 id="groups">By ${first.groups.by}</h2>
<p class="note">The same statistics over the cases of each group alone. They describe: groups may differ in patients and scanners, and no difference between them is tested.</p>
${models.map((model) => groupTable(model, models.length > 1))}
</section>`;
}

function groupTable({ name, groups }: NamedGroups, several: boolean): Html {
  const of = several ? `, ${name}` : "";
  const rows = groups.groups.flatMap((group) =>
    metricsAlone(group.measures).map((measure) => [group.name, ...summaryCells(measure)]),
  );
  const failed = groups.groups.flatMap((group) =>
    group.failed.length > 0 ? [`${group.name}: not evaluated: ${group.failed.join(", ")}.`] : [],
  );
  const left = groups.groups.flatMap((group) =>
    metricsAlone(group.measures).flatMap((measure) =>
      measure.left.map(({ id, why }) => `${group.name}: ${measureName(measure.name)} without ${id}: ${why}.`),
    ),
  );
  const lines = [
    ...(groups.without.length > 0 ? [`In no group: ${groups.without.join(", ")}.`] : []),
    ...failed,
    ...left,
  ];
  return html`${dataTable(
    {
      caption: `Metrics by ${groups.by}${of}`,
      head: ["Group", ...SUMMARY_HEAD],
    },
    rows,
  )}${lines.length > 0 ? html`<ul class="why">${lines.map((line) => html`<li>${line}</li>`)}</ul>` : undefined}`;
}
