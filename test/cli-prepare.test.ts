import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BAD, flawedCohort, GOOD } from "./support/flawed-cohort.ts";
import { midashIn } from "./support/midash.ts";

let root = "";
let table = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-prepare-"));
  table = await flawedCohort(root);
}, 180_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const last = (text: string) => JSON.parse(text.trim().split("\n").at(-1)!) as Record<string, unknown>;
const prepare = (out: string, ...more: string[]) =>
  midashIn(root, ["prepare", table, "--out", join(root, out), "--json", "--workers", "2", ...more]);

describe("midash prepare", () => {
  it("prepares in threads, names what is set aside, and ends with 0", async () => {
    const { code, out, err } = await prepare("cache");
    expect(code, err).toBe(0);
    const result = last(out);
    expect(result).toMatchObject({
      command: "prepare",
      cases: { train: 4, validation: 1, test: 1 },
      simulated: true,
      reused: 0,
    });
    const setAside = result.setAside as { readonly id: string; readonly why: string }[];
    for (const { id, why } of setAside) expect(why).toContain(BAD[id]!);
    expect(setAside.map(({ id }) => id).sort()).toEqual(Object.keys(BAD).sort());
    for (const id of Object.keys(BAD)) expect(err).toContain(`Set aside: ${id}: `);
    const shards = await readdir(join(root, "cache", "shards"));
    for (const id of GOOD) expect(shards).toContain(`${id}.shard`);
    const again = await prepare("cache");
    expect(last(again.out)).toMatchObject({ prepared: 1 }); // the file that can't be read is looked at again
  }, 180_000);

  it("makes what folds learn from, each a run of its own and one model of all", async () => {
    const flags = "--folds 2 --epochs 1 --steps-per-epoch 2 --batch-size 2 --base-filters 2 --levels 2";
    const { code, out, err } = await midashIn(root, [
      ...["train", "cache", "--out", "folds", "--json"],
      ...flags.split(" "),
    ]);
    expect(code, err).toBe(0);
    const { crossValidation, test: scores, simulated } = last(out) as Readonly<Record<string, unknown>>;
    const { cases } = crossValidation as { readonly cases: readonly { readonly id: string }[] };
    const { validation, test } = JSON.parse(await readFile(join(root, "folds/fold-1/metrics.json"), "utf8"))
      .split as Readonly<Record<string, readonly string[]>>;
    expect([...cases.map(({ id }) => id), ...test!].sort()).toEqual([...GOOD]);
    expect(validation!.length).toBeGreaterThan(1);
    expect([scores, simulated]).toEqual([expect.objectContaining({ synthrad2023: expect.anything() }), true]);
    expect(await readdir(join(root, "folds"))).toContain("model.safetensors");
    // The run says who is in which part, as one without folds does.
    const model = join("folds", "model.safetensors");
    const part = ["--part", "test", "--split", "folds"];
    const made = await midashIn(root, ["synthesize", table, "made", "--model", model, "--json", ...part]);
    expect(made.code, made.err).toBe(0);
    expect(await readdir(join(root, "made"))).toEqual(expect.arrayContaining([...test!]));
  }, 300_000);

  it("shares the work among jobs, and says what is missing", async () => {
    const first = await prepare("shared", "--shard", "2/2");
    expect(first.code, first.err).toBe(0);
    expect((last(first.out).missing as string[]).length).toBeGreaterThan(5);
    const second = await prepare("shared", "--shard", "1/2");
    expect(last(second.out)).toMatchObject({ cases: { train: 4, validation: 1, test: 1 } });
    const index = (folder: string) => readFile(join(root, folder, "index.json"), "utf8");
    expect(await index("shared")).toBe(await index("cache"));
  }, 180_000);

  it("ends with 2 for what can't be, naming it", async () => {
    for (const [more, reason] of [
      [["--shard", "3/2"], /--shard: must be i\/n with i from 1 to n, got "3\/2"/],
      [["--spacing", "3,3,3"], /step spacing.*choose another folder/],
      [["--workers", "0"], /--workers/],
    ] as const) {
      const { code, err } = await prepare("cache", ...more);
      expect([code, err]).toEqual([2, expect.stringMatching(reason)]);
    }
    const phantom = await midashIn(root, ["prepare", "phantom", "--out", "p"]);
    expect([phantom.code, phantom.err]).toEqual([2, expect.stringMatching(/nothing to prepare/)]);
    const nothing = await midashIn(root, ["prepare", "nowhere", "--out", "q"]);
    expect(nothing.code).toBe(2);
  }, 120_000);

  it("goes on after an interruption", async () => {
    const args = ["prepare", table, "--out", join(root, "stopped"), "--workers", "1"];
    const stopped = await midashIn(root, args, "inputs mr");
    expect([stopped.code, stopped.err]).toEqual([130, expect.stringMatching(/interrupted.*goes on/)]);
    const { code, out } = await prepare("stopped");
    expect(code).toBe(0);
    expect(last(out)).toMatchObject({ cases: { train: 4, validation: 1, test: 1 } });
  }, 120_000);
});
