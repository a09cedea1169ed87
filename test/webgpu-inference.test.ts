/** The engine of whole networks on a card, in Node, with SwiftShader. Every network of ours, in all shapes and options, is compared by `npm run verify:webgpu-inference`, which takes minutes. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { NO_SWIFTSHADER, swiftshader } from "./support/swiftshader.ts";

const why = swiftshader ? "" : ` (skipped: ${NO_SWIFTSHADER})`;

/** A run of fixtures/webgpu/inference.ts. */
async function run<T>(what: string): Promise<T> {
  const script = join(dirname(import.meta.filename), "fixtures/webgpu/inference.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["node_modules/jiti/lib/jiti-cli.mjs", script, what],
    { env: { ...process.env, ...swiftshader }, maxBuffer: 2 ** 26 },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as T;
}

describe.skipIf(!swiftshader)(`webgpu-inference in Node${why}`, () => {
  test("2-D, 2.5-D, 3-D and half precision: wasm's synthetic CT", { timeout: 600_000 }, async () => {
    const found = await run<Record<string, { hu: number; values: number; backend: string }>>("sct");
    expect(Object.keys(found)).toHaveLength(4);
    for (const [name, { hu, values, backend }] of Object.entries(found)) {
      expect(backend).toBe("webgpu-inference");
      expect(values, name).toBeGreaterThan(300); // no flat image, in which anything would agree
      expect(hu, name).toBeLessThan(0.1);
    }
  });

  test("the model of heads, on a block of voxels: wasm's CT within 0.1 HU, and its classes", {
    timeout: 600_000,
  }, async () => {
    const { worst } = await run<{ worst: number[] }>("head");
    expect(worst).toHaveLength(11);
    expect(512 * worst[0]!).toBeLessThan(0.1); // a unit of the model is 512 HU
    for (const probability of worst.slice(1)) expect(probability).toBeLessThan(1e-4);
  });

  test("passes beside each other, cancelling, closing, and each thing that it refuses", {
    timeout: 600_000,
  }, async () => {
    expect(await run("contract")).toMatchObject(CONTRACT);
  });
});

const CONTRACT = {
  same: true,
  others: true,
  shape: [1, 1, 16, 16],
  cancelled: "aborted: cancelled by the caller",
  wrongName: 'invalid-argument: the input "image" must have 4 axes and 1 channels, got none',
  wrongShape: 'invalid-argument: the input "image" must have 4 axes and 1 channels, got [1, 8, 8]',
  wrongLength: 'invalid-argument: the input "image" has 63 values, not those of [1, 1, 8, 8]',
  onnxFile: "unsupported: a network that came as an ONNX file runs on ONNX Runtime alone",
  unknownOperation: "unsupported: the network's operation Einsum is not one of this engine",
  tooLarge: expect.stringMatching(
    /^out-of-memory: the graphics card has no \d+ MiB for the values of a batch/,
  ),
  closedMeanwhile: "invalid-argument: the session is closed",
  closed: "invalid-argument: the session is closed",
};
