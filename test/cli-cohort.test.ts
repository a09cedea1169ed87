/** `midash evaluate` of cohorts, as a user runs it: broken cases, threads, resuming, two models. Needs `npm run build` first. */
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCohortCsv } from "../src/index.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";
import { BROKEN, phantomCohort, WHOLE } from "./support/phantom-cohort.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-cohort-"));
  await phantomCohort(root, { broken: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const midash = (args: readonly string[], interruptAt?: string) => midashIn(root, args, interruptAt);
const FOLDERS = "evaluate --predictions sct --references data --masks data".split(" ");
const evaluate = (...more: readonly string[]) => midash([...FOLDERS, "--preset", "synthrad2023", ...more]);
const text = (name: string) => readFile(join(root, name), "utf8");

interface Result {
  readonly scored: number;
  readonly reused: number;
  readonly failed: readonly { readonly id: string; readonly kind: string; readonly reason: string }[];
  readonly measures: readonly { readonly name: string; readonly summary: { readonly mean: number } }[];
  readonly comparison?: { readonly ids: readonly string[] };
}

describe("a cohort in which one thing is wrong with each of six cases", () => {
  it("lists them with their reasons, evaluates the rest, and ends with 2", async () => {
    const { code, out, err } = await evaluate("--out", "scores", "--mr", "data");
    expect(code).toBe(2);
    const list = out.trimEnd().split("\n").slice(-Object.keys(BROKEN).length);
    for (const [n, [id, says]] of Object.entries(BROKEN).entries()) {
      expect(list[n]).toMatch(new RegExp(`^${id}: `));
      expect(list[n]).toMatch(says);
    }
    expect(out).toContain("sct: 6 of 12 cases");
    expect(out).not.toContain("resample(prediction");
    expect(err.trimEnd()).toBe(`midash: 6 of 12 cases are not whole: ${Object.keys(BROKEN).join(", ")}`);
    expect((await readdir(join(root, "scores"))).sort()).toEqual([
      "cases",
      "cases.csv",
      "cohort.json",
      "report.html",
    ]);
    const rows = readCohortCsv(await text("scores/cases.csv"));
    expect(rows.filter(({ status }) => status === "scored").map(({ id }) => id)).toEqual([...WHOLE]);
    for (const { id, reason } of rows.filter(({ status }) => status === "failed"))
      expect(reason).toMatch(BROKEN[id]!);
    const { scored, measures } = JSON.parse(await text("scores/cohort.json")) as Result;
    const mae = rows.flatMap(({ values }) => values.mae ?? []);
    expect([scored, mae.length]).toEqual([6, 6]);
    expect(measures[0]!.summary.mean).toBeCloseTo(mae.reduce((a, b) => a + b, 0) / 6, 10);
    const page = await text("scores/report.html");
    for (const id of Object.keys(BROKEN)) expect(page).toContain(`<th scope="row">${id}</th>`);
    expect(page).toContain("Joint histogram of MR and CT");
    expect(page).not.toContain(root);
  });

  it("--json gives one line", async () => {
    const ran = await evaluate("--json");
    expect([ran.code, ran.out.trimEnd().split("\n").length]).toEqual([2, 1]);
    const { failed } = lastJson(ran) as unknown as Result;
    expect(failed.map(({ id, kind }) => [id, kind])).toEqual([
      ["1BA010", "grid-mismatch"],
      ["1BA011", "invalid-argument"],
      ["1BA012", "invalid-argument"],
      ["1BA013", "not-found"],
      ["1BA014", "invalid-file"],
      ["1BA015", "invalid-argument"],
    ]);
  });

  it("one thread and several give the same numbers, in all presets", async () => {
    for (const preset of ["synthrad2023", "synthrad2025", "monai", "slice2d"]) {
      const tables = [];
      for (const workers of ["1", "3"]) {
        await midash([...FOLDERS, "--preset", preset, "--out", `w${workers}`, "--workers", workers]);
        tables.push(await text(`w${workers}/cases.csv`));
        expect(readCohortCsv(tables.at(-1)!).filter(({ status }) => status === "scored")).toHaveLength(6);
      }
      expect(tables[1]).toBe(tables[0]);
    }
  });

  it("--resume evaluates what is missing, changed or failed, and nothing else", async () => {
    const reused = async (...more: readonly string[]) =>
      (lastJson(await evaluate("--out", "again", "--json", ...more)) as unknown as Result).reused;
    expect(await reused()).toBe(0);
    const table = await text("again/cases.csv");
    expect(await reused("--resume")).toBe(6);
    expect(await text("again/cases.csv")).toBe(table);
    await rm(join(root, "again/cases/1BA002.json"));
    await writeFile(join(root, "again/cases/1BA004.json"), "{}");
    await utimes(join(root, "data/1BA003/mask.nii.gz"), 1, 1);
    expect(await reused("--resume")).toBe(3);
    expect(await text("again/cases.csv")).toBe(table);
    expect(await reused()).toBe(0);
  });

  it("--compare compares with a second model, pair by pair", async () => {
    const ran = await evaluate("--out", "both", "--compare", "better");
    expect(ran.code).toBe(2);
    expect(ran.out).toContain("sct (a) against better (b), the same 6 cases");
    expect(ran.out).toContain("\nbetter/1BA011: mask: is empty");
    const { comparison } = JSON.parse(await text("both/cohort.json")) as Result;
    expect(comparison!.ids).toEqual([...WHOLE]);
    expect(await text("both/report.html")).toContain("sct against better");
    expect(
      readCohortCsv(await text("both/compare/cases.csv")).filter(({ status }) => status === "scored"),
    ).toHaveLength(11);
  });

  it("--groups gives the statistics of each group", async () => {
    const table = join(root, "groups.csv");
    const rows = WHOLE.map((id, n) => `${id},${n < 2 ? "Ulm" : n < 5 ? "Basel" : ""},${n}`);
    await writeFile(table, ["ID;Centre;Age", ...rows.map((row) => row.replaceAll(",", ";"))].join("\n"));
    const ran = await evaluate("--out", "grouped", "--groups", "groups.csv", "--group-by", "centre");
    expect(ran.code).toBe(2);
    expect(ran.out).toMatch(/centre\s+n\s+mae, HU\s+SD\s+me, HU/);
    expect(ran.out).toMatch(/\n {2}Basel\s+3 .*\n {2}Ulm\s+2 /);
    expect(ran.out).toContain(`In no group: ${[WHOLE[5]!, ...Object.keys(BROKEN)].sort().join(", ")}`);
    const { groups } = JSON.parse(await text("grouped/cohort.json")) as {
      groups: { by: string; groups: { name: string; scored: string[]; measures: Result["measures"] }[] };
    };
    expect(groups.by).toBe("centre");
    expect(groups.groups.map(({ name, scored }) => [name, scored])).toEqual([
      ["Basel", WHOLE.slice(2, 5)],
      ["Ulm", WHOLE.slice(0, 2)],
    ]);
    const values = readCohortCsv(await text("grouped/cases.csv")).flatMap(({ id, values }) =>
      WHOLE.slice(0, 2).some((one) => one === id) ? [values.mae!] : [],
    );
    expect(groups.groups[1]!.measures[0]!.summary.mean).toBeCloseTo((values[0]! + values[1]!) / 2, 10);
    expect(await text("grouped/report.html")).toContain('<h2 id="groups">By centre</h2>');
    const cohort = [...FOLDERS, "--preset", "synthrad2023", "--groups", "groups.csv"];
    await refusedIn(
      root,
      cohort,
      /groups\.csv: has 2 columns that may group: centre, age; choose one by --group-by/,
    );
    await refusedIn(
      root,
      [...cohort, "--group-by", "center"],
      /has no column "center"; did you mean "centre"/,
    );
  });

  it("a whole cohort ends with 0", async () => {
    const whole = await mkdtemp(join(tmpdir(), "midash-whole-"));
    await phantomCohort(whole, { count: 2 });
    const ran = await midashIn(whole, [...FOLDERS, "--preset", "synthrad2025", "--out", "scores"]);
    expect([ran.code, ran.err]).toEqual([0, ""]);
    await rm(whole, { recursive: true });
  });
});

describe("refused before any work", () => {
  for (const [args, says] of [
    [["--predictions", "sct"], /--references: is missing; give --predictions and --references/],
    [["--prediction", "a.nii"], /--reference: is missing; give --prediction and --reference/],
    [[], /--prediction: is missing/],
    [["--predictions", "sct", "--references", "data", "--mask", "m.nii"], /--mask: is for one pair only/],
    [["--prediction", "a", "--reference", "b", "--resume"], /--resume: is for a cohort only/],
    [["--predictions", "sct", "--references", "absent"], /absent: no such folder/],
    [
      ["--predictions", "sct", "--references", "data", "--compare", "./sct"],
      /--compare: is the folder of --predictions/,
    ],
    [
      ["--predictions", "sct", "--references", "data", "--group-by", "centre"],
      /--group-by: there is nothing to group by without --groups; give the file/,
    ],
    [["--prediction", "a", "--reference", "b", "--groups", "g.csv"], /--groups: is for a cohort only/],
    [
      ["--predictions", "sct", "--references", "data", "--resume"],
      /--resume: there is nothing to resume without/,
    ],
    [["--predictions", "sct", "--references", "data", "--workers", "0"], /--workers: must be a whole number/],
  ] as const)
    it(`evaluate ${args.join(" ")}`, () =>
      refusedIn(root, ["evaluate", "--preset", "synthrad2023", ...args], says));
});
