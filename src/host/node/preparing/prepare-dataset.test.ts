import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BAD, flawedCohort, GOOD } from "../../../../test/support/flawed-cohort.ts";
import { Dataset } from "../../../road/data/index.ts";
import { definePreparation, Normalizer, Slicer, usualSteps } from "../../../road/preparation/index.ts";
import { openCache, openDataset, type PrepareEvent, prepareDataset } from "../index.ts";

let root = "";
let table = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-prepare-"));
  table = await flawedCohort(root);
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const preparationAt = (mm: number) =>
  definePreparation({
    inputs: [{ name: "mr" }],
    steps: usualSteps({
      spacing: [mm, mm, mm],
      inputs: { mr: Normalizer.percentile({ low: 0.5, high: 99.5 }) },
      target: Normalizer.window({ min: -1024, max: 3072, output: [-2, 6] }),
    }),
    sampler: Slicer.slices({ axis: "axial", size: [64, 64] }),
  });

interface Options {
  readonly shard?: { readonly n: number; readonly of: number };
  readonly mm?: number;
  /** The good training cases alone. */
  readonly few?: boolean;
}

async function prepared(
  out: string,
  { shard, mm = 4, few = false }: Options = {},
): Promise<readonly PrepareEvent[]> {
  const whole = await openDataset(table, { skipIncomplete: true, skipTorn: true });
  const train = whole.train.filter(({ id }) => (GOOD as readonly string[]).includes(id));
  const dataset = few ? new Dataset({ train, validation: [], test: [] }) : whole;
  const events: PrepareEvent[] = [];
  const options = { out, shard, preparation: preparationAt(mm), workers: 1 };
  for await (const event of prepareDataset(dataset, options)) events.push(event);
  return events;
}

const lastOf = (events: readonly PrepareEvent[]) => events.at(-1)!;

/** Every file of a folder with its bytes. */
async function contentOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files
        .sort()
        .map(async (file) => [file.slice(folder.length), (await readFile(file)).toString("base64")] as const),
    ),
  );
}

describe("prepareDataset", () => {
  it("names every bad case with what is wrong, and uses none", async () => {
    const out = join(root, "cache");
    const end = lastOf(await prepared(out));
    if (end.type !== "end") throw new Error(end.type);
    for (const [id, code] of Object.entries(BAD)) {
      const bad = end.cases.find((one) => one.id === id)!.findings.filter(({ level }) => level === "bad");
      expect(
        bad.map((finding) => finding.code),
        `${id}: ${JSON.stringify(bad)}`,
      ).toContain(code);
    }
    expect(end.setAside.map(({ id }) => id).sort()).toEqual(Object.keys(BAD).sort());
    const { dataset } = await openCache(out);
    const used = [...dataset.train, ...dataset.validation, ...dataset.test].map(({ id }) => id);
    expect(used.sort()).toEqual([...GOOD].sort());
    expect(dataset.validation.map(({ id }) => id)).toEqual(["good-4"]);
    for (const { prepared: stored } of dataset.train) await stored!.check();

    const page = await readFile(join(out, "qc.html"), "utf8");
    for (const [id, code] of Object.entries(BAD)) {
      const at = page.indexOf(`<h3>${id} `);
      expect(page.slice(at, page.indexOf("</article>", at)), id).toContain(`<strong>${code}</strong>`);
    }
    expect(page.match(/<img src="data:image\/png;base64,/g)!.length).toBeGreaterThanOrEqual(GOOD.length);
    expect(page).not.toMatch(/https?:|@import|url\(/);
    const qc = JSON.parse(await readFile(join(out, "qc.json"), "utf8"));
    expect(qc.setAside).toEqual(JSON.parse(JSON.stringify(end.setAside)));
    expect(qc.cases.find((one: { id: string }) => one.id === "good-0").facts.dice).toBeGreaterThan(0.9);
  }, 120_000);

  it("does nothing a second time, and only what is missing or changed", async () => {
    const out = join(root, "cache");
    const before = await contentOf(out);
    const again = await prepared(out);
    const readable = Object.values(BAD).filter(
      (code) => code !== "unreadable" && code !== "two-parts",
    ).length;
    expect(again[0]).toMatchObject({ reused: GOOD.length + readable });
    expect(await contentOf(out)).toEqual(before);

    await rm(join(out, "shards", "good-2.shard"));
    await rm(join(out, "cases", "good-3.json"));
    await writeFile(join(out, "cases", "cut.json"), "{");
    const file = join(root, "good-1", "mr.nii.gz");
    await utimes(file, 1, 1); // changed, as far as can be seen
    const third = await prepared(out);
    const done = third.flatMap((event) => (event.type === "case" ? [event.id] : []));
    expect(done.sort()).toEqual(["cut", "good-1", "good-2", "good-3", "truncated"]);
    const after = await contentOf(out);
    for (const [name, bytes] of before)
      if (!/good-1|index|qc/.test(name)) expect(after.get(name) === bytes, name).toBe(true);
  }, 120_000);

  it("jobs that share the work write the cache of one", async () => {
    const [alone, shared] = [join(root, "alone"), join(root, "shared")];
    await prepared(alone, { few: true });
    const jobs = [1, 2, 3].map((n) => ({ shard: { n, of: 3 }, few: true }));
    expect(lastOf(await prepared(shared, jobs[1])).type).toBe("waiting");
    expect((await readdir(shared)).includes("index.json")).toBe(false);
    const ends = await Promise.all([prepared(shared, jobs[0]), prepared(shared, jobs[2])]);
    expect(ends.map((events) => lastOf(events).type)).toContain("end");
    expect(await contentOf(shared)).toEqual(await contentOf(alone));
  }, 120_000);

  it("refuses another preparation by name", async () => {
    await expect(prepared(join(root, "cache"), { mm: 3 })).rejects.toThrow(
      /prepared with the step spacing .*4,4,4.*3,3,3.*choose another folder/,
    );
    await expect(prepared(join(root, "new"), { shard: { n: 4, of: 3 } })).rejects.toThrow(/no shard 4 of 3/);
  });
});
