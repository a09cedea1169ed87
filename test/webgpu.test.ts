/** WebGPU without a graphics card: SwiftShader, which Chromium brings, runs the same shaders on the processor. Slow, and right. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

/** Where Debian's chromium has Vulkan's loader and SwiftShader. */
const folder = "/usr/lib/chromium";
const driver = join(folder, "vk_swiftshader_icd.json");
const present = existsSync(driver) && existsSync(join(folder, "libvulkan.so.1"));
const why = present ? "" : ` (skipped: no ${driver}; it comes with Debian's chromium)`;

/** A run of fixtures/webgpu/run.ts. */
async function run<T>(what: string): Promise<T> {
  const script = join(dirname(import.meta.filename), "fixtures/webgpu/run.ts");
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
});
