/**
 * TensorFlow's own library, where it is: in this repository's node_modules, or in the folder that MIDASH_TFJS_NODE names. test/verify/tfjs-node/build.sh makes one where
 * tfjs-node's install script can't download it.
 */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { node, nodeGpu } from "../src/networks/backends/index.ts";
import { root } from "./support/pack.ts";

const folder = process.env.MIDASH_TFJS_NODE ?? root;
const has = (name: string) => {
  try {
    return createRequire(join(folder, "file.js")).resolve(name) !== "";
  } catch {
    return false;
  }
};
const [present, presentGpu] = [has("@tensorflow/tfjs-node"), has("@tensorflow/tfjs-node-gpu")];
const why = (package_: string) =>
  ` (skipped: ${package_} is not in ${folder}; test/verify/tfjs-node/build.sh FOLDER makes it, MIDASH_TFJS_NODE=FOLDER names it)`;

/** A run of fixtures/tfjs-node/run.ts in that folder. */
async function run<T>(what: string): Promise<T> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(root, "node_modules/jiti/lib/jiti-cli.mjs"), join(root, "test/fixtures/tfjs-node/run.ts"), what],
    { cwd: folder, maxBuffer: 2 ** 26 },
  );
  expect(stderr).toBe(""); // a library prints nothing, nor does TensorFlow in it
  return JSON.parse(stdout) as T;
}

describe.skipIf(!present)(`node${present ? "" : why("tfjs-node")}`, () => {
  test("every op of the built-in models equals float64, values and gradients", {
    timeout: 600_000,
  }, async () => {
    const { checks, ops } = await run<{
      checks: { passed: boolean; skipped?: string }[];
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

  test("leaves other backends as they were", { timeout: 120_000 }, async () => {
    const { supported, same, active } = await run<Record<string, unknown>>("beside");
    expect({ supported, same, active }).toEqual({ supported: true, same: true, active: "cpu" });
  });
});

describe.skipIf(!presentGpu)(`node-gpu without a card${presentGpu ? "" : why("tfjs-node-gpu")}`, () => {
  test("is refused where TensorFlow fell back to the processor", { timeout: 120_000 }, async () => {
    const supported = await run<true | { reason: string }>("fallback");
    if (supported !== true) expect(supported.reason).toMatch(/^TensorFlow found no card, .*CUDA 11\.2/);
  });
});

test.skipIf(present || has("@tensorflow/tfjs-node-gpu"))("says what to install where it is not", async () => {
  for (const [backend, name] of [
    [node(), "tfjs-node"],
    [nodeGpu(), "tfjs-node-gpu"],
  ] as const)
    expect(await backend.supports()).toEqual({
      reason: expect.stringMatching(
        Number.parseInt(process.versions.node, 10) > 22
          ? /does not run on Node .*take Node 20 or 22/
          : new RegExp(
              `package @tensorflow/${name} is not installed.*npm install .*@tensorflow/${name}@4.22.0`,
            ),
      ),
    });
});
