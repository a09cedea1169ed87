/** WebGPU without a graphics card: SwiftShader, which Chromium brings, runs the same shaders on the processor. Slow, and right. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type TileChoicesJson, webgpu } from "../src/networks/backends/webgpu/webgpu.ts";
import { NO_SWIFTSHADER, swiftshader } from "./support/swiftshader.ts";

const why = swiftshader ? "" : ` (skipped: ${NO_SWIFTSHADER})`;

/** A run of fixtures/webgpu/run.ts. */
async function run<T>(what: string, fixture = "run"): Promise<T> {
  const script = join(dirname(import.meta.filename), `fixtures/webgpu/${fixture}.ts`);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["node_modules/jiti/lib/jiti-cli.mjs", script, what],
    {
      env: { ...process.env, ...swiftshader },
      maxBuffer: 2 ** 26,
    },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}

describe.skipIf(!swiftshader)(`webgpu in Node${why}`, () => {
  test("every op of the built-in models equals float64, values and gradients", {
    timeout: 600_000,
  }, async () => {
    const { checks, ops } = await run<{
      checks: { name: string; passed: boolean; skipped?: string }[];
      ops: number;
    }>("conformance");
    expect(checks.filter(({ passed, skipped }) => !passed && skipped === undefined)).toEqual([]);
    expect(ops).toBeGreaterThan(50);
  });

  test("fifty steps of training lose what wasm loses, and a model makes the same CT", {
    timeout: 600_000,
  }, async () => {
    const { losses, hu } = await run<{ losses: number[]; hu: number }>("training");
    expect(losses).toHaveLength(50);
    expect(Math.max(...losses)).toBeLessThan(1e-3);
    expect(hu).toBeLessThan(0.1);
  });

  test("a device that is destroyed, between steps or within one, ends the run in one error; resumed, it comes to the same bits", {
    timeout: 600_000,
  }, async () => {
    const { runs, files, rejections } = await run<{
      runs: { error: object; steps: number[]; equal: boolean }[];
      files: number;
      rejections: string[];
    }>("lost");
    expect(files).toBe(2);
    expect(runs).toHaveLength(2);
    for (const { error, steps, equal } of runs) {
      expect(error).toMatchObject({
        kind: "device-lost",
        message:
          "webgpu: the graphics card was lost in the middle of the work: its device was destroyed; resume the run from its last checkpoint, or open a new session",
      });
      expect(steps).toEqual([4, 5, 6, 7, 8, 9]); // the epoch before had three
      expect(equal).toBe(true);
    }
    expect(rejections).toEqual([]);
  });

  test("memory that there is not is said so, once; a new session goes on", async () => {
    const found = await run<Record<"one" | "many" | "closed", object> & Record<"after" | "renewed", number>>(
      "memory",
    );
    expect(found.one).toMatchObject({
      kind: "out-of-memory",
      what: expect.stringContaining("one tensor needs 2048 MiB"),
    });
    expect(found.after).toBe(1); // only that tensor was refused
    expect(found.many).toMatchObject({ kind: "out-of-memory", what: "the graphics card's memory is full" });
    expect(found.closed).toEqual(found.many);
    expect(found.renewed).toBe(1);
  });

  test("thirty steps of training leave buffers as they were; few are bound anew", async () => {
    const { looks, last } = await run<{
      looks: Record<"tensors" | "buffers" | "bytes" | "card", unknown>[];
      last: { dispatches: number; bindGroups: number; reads: number; pipelines: number };
    }>("flat");
    const [first, ...others] = looks.map(({ tensors, buffers, bytes, card }) => ({
      tensors,
      buffers,
      bytes,
      card,
    }));
    expect(first).toMatchObject({ card: { buffers: expect.any(Number) } });
    for (const other of others) expect(other).toEqual(first);
    expect(last.reads).toBe(2); // of the loss, and of the norms to clip by
    expect(last.pipelines).toBe(0);
    expect(last.dispatches).toBeGreaterThan(50);
    expect(last.bindGroups).toBeLessThan(last.dispatches); // of tfjs's own ops each makes one
  });
  test("rounded to f16 what convolutions multiply, fifty steps of training lose nearly the same, and a model of wasm makes nearly the same CT", {
    timeout: 600_000,
  }, async () => {
    const { losses, hu } = await run<{ losses: number[]; hu: number }>("half");
    expect(losses).toHaveLength(50);
    expect(Math.max(...losses)).toBeLessThan(1e-2); // of some 0.4
    expect(hu).toBeLessThan(5);
    expect(hu).toBeGreaterThan(0.01); // it was rounded
  });

  test("tuning takes one of the ways to compute each product, and all of them compute the same", {
    timeout: 600_000,
  }, async () => {
    const { found, again, errors, deterministic } = await run<{
      found: TileChoicesJson;
      again: TileChoicesJson;
      errors: Record<string, number>;
      deterministic: boolean;
    }>("tiles");
    const ways = Object.keys(errors).filter((name) => name.includes("threads"));
    const chosen = Object.values(found).flatMap((products) => Object.values(products));
    expect(Object.keys(found)[0]).toMatch(/swiftshader/i);
    expect(chosen).toHaveLength(3); // a convolution and its two gradients
    expect(ways).toEqual(expect.arrayContaining(chosen));
    expect(again).toEqual(found);
    for (const error of Object.values(errors)) expect(error).toBeLessThan(1e-6);
    expect(deterministic).toBe(false);
  });

  test("half precision where there is none is refused, with what to do", { timeout: 300_000 }, async () => {
    const { reason, error } = await run<{ reason: unknown; error: string }>("refused");
    expect(reason).toEqual({ reason: expect.stringContaining("shader-f16") });
    expect(error).toContain("shader-f16");
    expect(error).toContain("f32");
  });
});

test("every way of every product compiles, in f32, f16 and on matrix units", {
  timeout: 600_000,
}, async () => {
  const { features, compiled, pipelines, errors, can, dispatched } = await run<{
    features: string[];
    compiled: Record<string, number>;
    pipelines: Record<string, number>;
    errors: string[];
    can: { products: string; whyNotMatrix: string };
    dispatched: Record<string, { wrong: number | null; invalid?: string }>;
  }>("", "compile");
  expect(errors).toEqual([]);
  expect(features).toHaveLength(3);
  for (const products of ["f32", "f16", "f16-emulated", "f16-matrix"]) {
    expect(compiled[products]).toBeGreaterThan(100);
    expect(pipelines[products]).toBeGreaterThan(0);
  }
  expect(can).toMatchObject({ products: "f16", whyNotMatrix: expect.stringContaining("16 × 16 × 16") });
  // Bound and dispatched without a complaint; an adapter that computes nothing would not pass for matrix units.
  for (const products of ["f16", "f16-matrix"]) {
    expect(dispatched[products]!.invalid).toBeUndefined();
    expect(dispatched[products]!.wrong ?? Infinity).toBeGreaterThan(0.1); // null: not a number
  }
});

test.each(["f64", "", "F16"])("a precision of %j is refused", (precision) => {
  expect(() => webgpu({ precision: precision as "f16" })).toThrow(/precision must be f32 or f16/);
});
