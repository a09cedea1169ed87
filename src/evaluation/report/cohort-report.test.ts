import { describe, expect, it } from "vitest";
import { GOLDEN, goldenCohort, idOf, scoredCase } from "../../../test/support/cohort-results.ts";
import { errorOf } from "../../../test/support/error-of.ts";
import { reportCase } from "../../../test/support/report-cases.ts";
import {
  compareCohorts,
  groupCohort,
  JOINT_BINS,
  type ScoredCohortCase,
  summariseCohort,
} from "../cohort/index.ts";
import { agreementOf } from "./agreement-section.ts";
import { whiskers } from "./box-plot.ts";
import { cohortReportHtml } from "./index.ts";
import { mergedJointCounts } from "./joint-section.ts";

const close = (actual: number, expected: number) => expect(actual).toBeCloseTo(expected, 9);

describe("what the figures show", () => {
  const cohort = goldenCohort("a");

  it("Bland-Altman: bias and limits as NumPy's", () => {
    const { bias, low, high, cases } = agreementOf(cohort);
    close(bias, GOLDEN.agreement.bias);
    close(low, GOLDEN.agreement.low);
    close(high, GOLDEN.agreement.high);
    expect(cases).toHaveLength(24);
    expect(agreementOf(summariseCohort([scoredCase("one", { mae: 1 })])).low).toBeNaN();
  });

  it.each(["mae", "me", "ssim"] as const)("whiskers and outliers of %s as NumPy's", (name) => {
    const values = GOLDEN.models.a[name].map((value, n) => ({ id: idOf(n), value }));
    const { q1, median, q3, mean, whiskers: ends, outliers } = GOLDEN.aggregates[name];
    const found = whiskers({ name: "a", values, q1, median, q3, mean });
    expect([found.low, found.high]).toEqual(ends);
    expect(found.outliers.map(({ id }) => id)).toEqual(outliers.map(idOf));
  });

  it("the joint histogram adds up, over cases of one kind", () => {
    const [one, two] = cohort.scored as [ScoredCohortCase, ScoredCohortCase];
    const joint = mergedJointCounts([one.joint, two.joint])!;
    expect(joint.cases).toBe(2);
    expect(joint.counts[JOINT_BINS + 1]).toBe(4);
    const mixed = mergedJointCounts([one.joint, { ...two.joint, x: "mr" }])!;
    expect([mixed.x, mixed.cases]).toEqual(["mr", 1]);
    expect(mergedJointCounts([])).toBeUndefined();
  });
});

describe("cohortReportHtml", () => {
  const a = goldenCohort("a");

  it("has all numbers, worst first, and pictures of as many as asked for, one in memory at a time", async () => {
    const loaded: string[] = [];
    const volumes = (id: string) => {
      loaded.push(id);
      return reportCase(id, 3);
    };
    const page = await cohortReportHtml(
      { title: "t", models: [{ name: "a", cohort: a }], volumes },
      { worst: 3 },
    );
    const ranked = [...a.scored].sort((x, y) => y.report.mae.value - x.report.mae.value);
    expect(loaded).toEqual(ranked.slice(0, 3).map(({ id }) => id));
    const worst = ranked[0]!;
    expect(worst.id).toBe(idOf(4)); // the fixture's outlier
    expect(page).toContain(`MAE ${worst.report.mae.value.toFixed(1)} HU, rank 1 of 24`);
    expect(page.match(/alt="CT, case \d+, axial slice 2, z /g)).toHaveLength(3);
    const { mean } = a.measures[0]!.summary;
    expect(page).toContain(`<b>${mean.toFixed(1)}</b> HU`);
    expect(page).toContain("outliers: case 4");
    expect(page).toContain("Simulated images.");
    expect(page).not.toContain("could not be evaluated</h2>");
  });

  it("one case, identical images, and metrics that nobody has", async () => {
    const one = summariseCohort([scoredCase("only", { mae: 0, psnr: Number.POSITIVE_INFINITY })]);
    const page = await cohortReportHtml({ title: "t", models: [{ name: "a", cohort: one }] });
    expect(page).toContain("PSNR without only: prediction and reference are identical.");
    expect(page).not.toMatch(/NaN|Infinity/);
    const same = await cohortReportHtml({
      title: "t",
      models: [
        { name: "a", cohort: one },
        { name: "b", cohort: one },
      ],
      comparison: compareCohorts(one, one),
    });
    expect(same).not.toMatch(/NaN|Infinity/);
  });

  it("groups: the statistics of each, what failed, who is in none", async () => {
    const groupOf = new Map(a.cases.map(({ id }, n) => [id, n % 2 ? "Basel" : "Ulm <1>"]));
    groupOf.delete(idOf(2));
    const groups = groupCohort(a, groupOf, { by: "centre" });
    const page = await cohortReportHtml({
      title: "t",
      models: [{ name: "a", cohort: a }],
      groups: [{ name: "a", groups }],
    });
    expect(page).toContain('<h2 id="groups">By centre</h2>');
    const [basel] = groups.groups;
    expect(page).toContain(
      `<tr><th scope="row">Basel</th><td>MAE, HU</td><td>12</td><td>${basel!.measures[0]!.summary.mean.toFixed(1)}</td>`,
    );
    expect(page).toContain('<th scope="row">Ulm &lt;1&gt;</th>');
    expect(page).toContain("<li>In no group: case 2.</li>");
    expect(page).toContain('<label class="all"><input type="checkbox"> Show all 24 rows at once</label>');
  });

  it("a table of few rows has nothing to show more", async () => {
    const few = summariseCohort(a.scored.slice(0, 11));
    const page = await cohortReportHtml({ title: "t", models: [{ name: "a", cohort: few }] });
    expect(page).not.toContain("Show all 11 rows");
    expect(page).not.toContain("Show all 24 rows");
  });

  it("refuses wrong options", async () => {
    const report = (options: object) =>
      cohortReportHtml({ title: "t", models: [{ name: "a", cohort: a }] }, options);
    expect((await errorOf(report({ worst: -1 }))).message).toMatch(
      /worst must be a whole number from 0, got -1/,
    );
    expect((await errorOf(report({ errorLimit: 0 }))).message).toMatch(/errorLimit must be positive/);
    expect((await errorOf(report({ window: "bones" }))).message).toMatch(/window must be/);
  });
});
