/** `midash process`: records, doing nothing twice, shards, processes that die, draining. Needs `npm run build` first. */
import { spawn } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecords } from "../src/host/node/index.ts";
import { lastJson, MAIN, midashIn } from "./support/midash.ts";
import { atWork, caseFolders, leftovers, outputsIn, tinyModelFile } from "./support/processed.ts";

const IDS = ["a", "b", "c", "d", "e", "f"];
/** Each case takes long enough to be caught at it. */
const SLOW = ["--flips", "x,y,z"];

let root = "";
const at = (...parts: readonly string[]) => join(root, ...parts);
const args = (out: string, ...more: readonly string[]) => [
  ...["process", "data", "--out", out, "--model", "own.safetensors", "--classify", "--json"],
  ...more,
];
const process_ = (out: string, ...more: readonly string[]) => midashIn(root, args(out, ...more));
let whole: Readonly<Record<string, string>>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-process-"));
  await tinyModelFile(root);
  await caseFolders(at("data"), IDS, (id) => id < "c");
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Starts it in the background. */
function begin(out: string, ...more: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args(out, ...more)], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (text) => {
    err += text;
  });
  child.stdout.resume();
  const ended = new Promise<{ code: number | null; err: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, err })),
  );
  return { child, ended };
}

/** Calls `act` with every process that is found at a case, once for each, until `ended`. */
async function watching(
  out: string,
  ended: Promise<unknown>,
  act: (id: string, pid: number) => void,
): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const seen = new Set<string>();
  while (!over) {
    for (const [id, pid] of await atWork(at(out)))
      if (!seen.has(`${id} ${pid}`)) {
        seen.add(`${id} ${pid}`);
        act(id, pid);
      }
    await sleep(2);
  }
}

describe("midash process", () => {
  it("makes each case whole, with a record of what was done, and measures those that have a CT", async () => {
    const ran = await process_("whole", ...SLOW, "--report");
    expect(ran.code, ran.err).toBe(0);
    expect(lastJson(ran)).toMatchObject({ made: 6, there: 0, done: IDS, failed: [], pending: [] });
    whole = await outputsIn(at("whole"));
    const names = ["density.nii.gz", "report.html", "sct.nii.gz", "sct_spread.nii.gz"];
    expect(Object.keys(whole).filter((name) => name.startsWith("c/"))).toEqual(names.map((n) => `c/${n}`));
    expect(whole["a/metrics.json"]).toBeDefined();
    const [first] = await readRecords(at("whole"));
    expect(first).toMatchObject({
      id: "a",
      status: "done",
      backend: "wasm",
      simulated: true,
      model: { names: "unet", trainedOn: "patients" },
      inputs: { ct: { file: "data/a/ct.nii.gz" }, mr: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      metrics: { preset: "synthrad2023", values: { mae: { unit: "HU", value: expect.any(Number) } } },
      outputs: { "sct.nii.gz": { sha256: whole["a/sct.nii.gz"] } },
    });
    const [head, row, , third] = (await readFile(at("whole/summary.csv"), "utf8")).split("\n");
    expect(head).toMatch(/^id,status,key,.*mae_hu.*,kind,reason,warnings$/);
    expect([row, third]).toEqual([expect.stringMatching(/^a,done,/), expect.stringMatching(/^c,done,/)]);
    expect(await leftovers(at("whole"))).toEqual([]);
  });

  it("does nothing a second time, also where a file was only touched, and makes anew what changed", async () => {
    const before = await stat(at("whole/cases/a/sct.nii.gz"));
    await utimes(at("data/b/mr.nii.gz"), 1e9, 1e9);
    const again = await process_("whole", ...SLOW, "--report");
    expect(lastJson(again)).toMatchObject({ made: 0, there: 6 });
    expect((await stat(at("whole/cases/a/sct.nii.gz"))).mtimeMs).toBe(before.mtimeMs);
    const ct = await readFile(at("data/b/ct.nii.gz"));
    await rm(at("data/b/ct.nii.gz"));
    const changed = await process_("whole", ...SLOW, "--report");
    expect(lastJson(changed)).toMatchObject({ made: 1, there: 5 });
    expect(await readdir(at("whole/cases/b"))).not.toContain("metrics.json");
    await writeFile(at("data/b/ct.nii.gz"), ct);
    const other = await process_("whole", "--shard", "2/3");
    expect(lastJson(other)).toMatchObject({ made: 2, there: 0 }); // another plan
    expect(await readdir(at("whole/cases/b"))).toEqual([
      ...["density.nii.gz", "metrics.json", "record.json", "sct.nii.gz"],
    ]);
    expect(await leftovers(at("whole"))).toEqual([]);
  });

  it("lists what fails with the reason, ends with 2, and tries it again when it is corrected", async () => {
    const mr = await readFile(at("data/e/mr.nii.gz"));
    await writeFile(at("data/e/mr.nii.gz"), mr.subarray(0, 500));
    const ran = await process_("failing");
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/e: data\/e\/mr\.nii\.gz: .*truncated/);
    expect(ran.err.trimEnd()).toMatch(/midash: 1 case failed: e$/);
    expect(lastJson(ran)).toMatchObject({ made: 5, failed: [{ id: "e", kind: "invalid-file" }] });
    await writeFile(at("data/e/mr.nii.gz"), mr);
    const again = await process_("failing");
    expect([again.code, lastJson(again)]).toEqual([0, expect.objectContaining({ made: 1, there: 5 })]);
    expect(await readdir(at("failing/failed"))).toEqual([]);
    const model = await midashIn(root, [
      "process",
      "data",
      "--out",
      "nothing",
      "--model",
      "none.safetensors",
    ]);
    expect([model.code, model.err]).toEqual([2, expect.stringMatching(/none\.safetensors: no such file/)]);
  });

  it("shares a folder among jobs, sharded or not, and does no case twice", async () => {
    const runs = await Promise.all([
      process_("shared"),
      process_("shared"),
      process_("shared", "--shard", "1/2"),
    ]);
    expect(
      runs.map(({ code }) => code),
      runs.map(({ err }) => err).join(),
    ).toEqual([0, 0, 0]);
    const made = runs.map((ran) => lastJson(ran).made as number);
    expect(made[0]! + made[1]! + made[2]!).toBe(6);
    expect((lastJson(await process_("shared", "--summary")).done as string[]).length).toBe(6);
    expect(await leftovers(at("shared"))).toEqual([]);
  });

  it("begins a case once more whose process dies, and sets it aside when that dies too", async () => {
    const { child, ended } = begin("poison", ...SLOW, "--workers", "2");
    await watching("poison", ended, (id, pid) => {
      if (id === "d" && pid !== child.pid) process.kill(pid, "SIGKILL");
    });
    const { code, err } = await ended;
    expect(code, err).toBe(1);
    expect(err).toMatch(/^d: the process that did it ended \(exit code SIGKILL\); it is begun once more$/m);
    expect(err).toMatch(/midash: 1 case failed: d$/m);
    const skipped = await process_("poison", ...SLOW);
    expect([skipped.code, lastJson(skipped)]).toEqual([
      1,
      expect.objectContaining({ made: 0, there: 5, setAside: [expect.objectContaining({ id: "d" })] }),
    ]);
    const again = await process_("poison", ...SLOW, "--retry");
    expect([again.code, lastJson(again)]).toEqual([0, expect.objectContaining({ made: 1, setAside: [] })]);
    expect(await leftovers(at("poison"))).toEqual([]);
  });

  it("finishes the cases that run when it is to end, and goes on later", async () => {
    const { child, ended } = begin("drained", ...SLOW);
    await watching("drained", ended, () => child.kill("SIGTERM"));
    const { code, err } = await ended;
    expect([code, err]).toEqual([143, expect.stringMatching(/interrupted; 1 case done and kept/)]);
    expect(await readdir(at("drained/cases"))).toEqual(["a"]);
    expect(await leftovers(at("drained"))).toEqual([]);
    expect(lastJson(await process_("drained", ...SLOW))).toMatchObject({ made: 5, there: 1 });
  });

  it("loses nothing and does nothing twice, whichever process is killed when: the same bytes", async () => {
    await mkdir(at("killed"), { recursive: true });
    for (let kill = 0; kill < 6; kill++) {
      const { child, ended } = begin("killed", ...SLOW, "--report", "--retry", "--workers", "2");
      void sleep(200 + 300 * kill).then(async () => {
        const worker = [...(await atWork(at("killed"))).values()].find((pid) => pid !== child.pid);
        if (kill % 2 === 0 || worker === undefined) child.kill("SIGKILL");
        else process.kill(worker, "SIGKILL");
      });
      await ended;
    }
    await appendFile(at("killed/claims/f.lock"), '{"pid":'); // half a claim, of a process that died over it
    await utimes(at("killed/claims/f.lock"), 1, 1);
    const end = await process_("killed", ...SLOW, "--report", "--retry");
    expect(end.code, end.err).toBe(0);
    expect(await outputsIn(at("killed"))).toEqual(whole);
    expect(await leftovers(at("killed"))).toEqual([]);
  });
});
