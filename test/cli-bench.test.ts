/** `npm run bench` as it is built, on small shapes: what it prints, stores and refuses. Nothing here is a measurement. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SuiteResult } from "../bench/harness/result.ts";

const MAIN = fileURLToPath(new URL("../.bench/dist/main.js", import.meta.url));
const { MIDASH_PYTHON: PYTHON, ...ENVIRONMENT } = process.env;

let root = "";
beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error(".bench/dist/main.js is absent: run `npm run build:bench` first");
  root = await mkdtemp(join(tmpdir(), "midash-bench-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the benchmarks in `root`; without `python` there is no peer. */
function bench(args: readonly string[], python?: string): Promise<Ran> {
  const env = python === undefined ? ENVIRONMENT : { ...ENVIRONMENT, MIDASH_PYTHON: python };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: root, env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

function lastJson({ out }: Ran): SuiteResult & { readonly file: string | null } {
  return JSON.parse(out.trimEnd().split("\n").at(-1)!);
}

describe("npm run bench", () => {
  test("without the peers' Python gives our rows and says what is absent", async () => {
    const ran = await bench(["train", "--small", "--json"]);
    expect(ran.code, ran.err).toBe(0);
    const result = lastJson(ran);
    expect(result).toMatchObject({
      command: "bench",
      suite: "train",
      size: "small",
      file: null,
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      device: { cpu: expect.any(String), cores: expect.any(Number) },
      versions: { node: process.version, midash: expect.any(String), tfjs: expect.stringMatching(/^4\./) },
    });
    const [row] = result.rows;
    expect(row).toMatchObject({ ratio: null, agreement: null, settings: { baseFilters: 2, batch: 2 } });
    expect(row!.peer).toEqual({
      name: "PyTorch, 1 thread",
      missing: expect.stringMatching(/^no peer: run npm run bench:setup/),
    });
    const { ms, memory } = row!.ours;
    expect([ms.min, ms.q1, ms.median, ms.q3, ms.max]).toEqual(
      [ms.min, ms.q1, ms.median, ms.q3, ms.max].sort((a, b) => a - b),
    );
    expect(ms.min).toBeGreaterThan(0);
    expect(memory.peak).toBeGreaterThanOrEqual(memory.ready);
    expect(memory.ready).toBeGreaterThan(2 ** 24); // a Node process with tfjs is larger than 16 MiB
    const { profile } = row!.details.ours as {
      readonly profile: { readonly top: { readonly phase: string }[] };
    };
    expect(profile.top.length).toBe(10);
    expect(new Set(profile.top.map(({ phase }) => phase))).toContain("backward");
  });

  test("stores where it is told, and compares with what was stored", async () => {
    const first = await bench([
      "train",
      "--small",
      "--no-peer",
      "--only",
      "unet-2x2",
      "--runs",
      "4",
      "--out",
      "first.json",
    ]);
    expect(first.code, first.err).toBe(0);
    const stored = JSON.parse(await readFile(join(root, "first.json"), "utf8")) as SuiteResult;
    expect(stored.rows[0]!.ours.ms.runs).toBe(4);
    expect(stored.rows[0]!.peer).toMatchObject({ missing: "left out by --no-peer" });
    const again = await bench([
      "train",
      "--small",
      "--no-peer",
      "--only",
      "unet-2x2",
      "--compare",
      "first.json",
    ]);
    const other = await bench(["road", "--compare", "first.json"]);
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringMatching(/first.json: holds the suite "train", not "road"/),
    ]);
    // On a busy machine a remark stands before the colon.
    expect(again.out).toMatch(/Against the run of \d{4}-\d\d-\d\d.*:\n {2}unet-2x2: [+-][\d.]+ % time: \w/);
    expect(await readdir(root)).not.toContain("bench"); // a small run is not stored by itself
  });

  test("a peer that can't run is no ratio", async () => {
    const ran = await bench(["metrics", "--small", "--only", "slice2d", "--json"], "/no/such/python");
    expect(ran.code, ran.err).toBe(0);
    const { rows } = lastJson(ran);
    expect(rows.map(({ id, ratio }) => [id, ratio])).toEqual([["slice2d", null]]);
    expect(rows[0]!.peer).toMatchObject({ missing: expect.stringMatching(/did not run: .*ENOENT/) });
  });

  test("Ctrl-C ends it with code 130 and stores nothing", async () => {
    const child = spawn(process.execPath, [MAIN, "road", "--small", "--out", "cancelled.json"], {
      cwd: root,
      env: ENVIRONMENT,
    });
    child.stdout.on("data", (text) => {
      if (String(text).includes("decode:")) child.kill("SIGINT");
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);
    expect(await readdir(root)).not.toContain("cancelled.json");
  });

  test("one error each for a wrong suite, row, file", async () => {
    const refused = async (args: readonly string[], says: RegExp) => {
      const { code, out, err } = await bench(args);
      expect(err.trimEnd().split("\n"), args.join(" ")).toHaveLength(1);
      expect(err).toMatch(says);
      expect([code, out]).toEqual([2, ""]);
    };
    await refused(["rod"], /unknown suite "rod"; did you mean "road"\?/);
    await refused(
      ["speed"],
      /unknown suite "speed"; known are road, train, loader, augment, infer, metrics, volumes, folders, prepare/,
    );
    await refused(["train", "--only", "unet"], /--only: must be a list, each one of /);
    await refused(["train", "--runs", "0"], /--runs: must be a whole number, 1 or more/);
    await refused(["train", "--compare", "absent.json"], /absent.json: no such file/);
  });

  const why = PYTHON ? "" : " (skipped: set MIDASH_PYTHON to a Python with bench/peers/requirements.txt)";
  test.skipIf(!PYTHON).each(["road", "train", "infer", "metrics", "volumes", "folders"])(
    `%s agrees with its peer${why}`,
    async (suite) => {
      const ran = await bench([suite, "--small", "--json"], PYTHON);
      expect(ran.code, ran.err).toBe(0);
      for (const row of lastJson(ran).rows) {
        expect("missing" in row.peer, JSON.stringify(row.peer)).toBe(false);
        expect(row.ratio!.median).toBeCloseTo(
          row.ours.ms.median / ("ms" in row.peer ? row.peer.ms.median : 0),
          12,
        );
        if (row.id !== "encode") expect(row.agreement!.worst).toBeLessThanOrEqual(row.agreement!.tolerance);
      }
    },
  );
});
