/** WebGPU without a graphics card: SwiftShader, which Chromium brings, runs the same shaders on the processor. Slow, and right. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type TileChoicesJson, webgpu } from "../src/networks/backends/webgpu/webgpu.ts";

/** Where Debian's chromium has Vulkan's loader and SwiftShader. */
const folder = "/usr/lib/chromium";
const driver = join(folder, "vk_swiftshader_icd.json");
const present = existsSync(driver) && existsSync(join(folder, "libvulkan.so.1"));
const why = present ? "" : ` (skipped: no ${driver}; it comes with Debian's chromium)`;

/** A run of fixtures/webgpu/run.ts. */
async function run<T>(what: string, fixture = "run"): Promise<T> {
  const script = join(dirname(import.meta.filename), `fixtures/webgpu/${fixture}.ts`);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["node_modules/jiti/lib/jiti-cli.mjs", script, what],
    {
      env: { ...process.env, LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: driver },
      maxBuffer: 2 ** 26,
    },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}

describe.skipIf(!present)(`webgpu in Node${why}`, () => {
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

  test("rounded to f16 what convolutions multiply, a model makes nearly the same CT", {
    timeout: 600_000,
  }, async () => {
    const { hu, meanHu } = await run<{ hu: number; meanHu: number }>("halfCt");
    expect(hu).toBeLessThan(5);
    expect(meanHu).toBeGreaterThan(0);
  });

  test("so rounded, fifty steps of training lose nearly the same", { timeout: 600_000 }, async () => {
    const { losses } = await run<{ losses: number[] }>("halfTraining");
    expect(losses).toHaveLength(50);
    expect(Math.max(...losses)).toBeLessThan(1e-2); // of some 0.4
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
