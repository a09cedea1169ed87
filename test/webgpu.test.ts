/** WebGPU without a graphics card: SwiftShader, which Chromium brings, runs the same shaders on the processor. Slow, and right. */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { NO_SWIFTSHADER, swiftshader } from "./support/swiftshader.ts";

const why = swiftshader ? "" : ` (skipped: ${NO_SWIFTSHADER})`;

/** A run of fixtures/webgpu/run.ts. */
async function run<T>(what: string): Promise<T> {
  const script = join(dirname(import.meta.filename), "fixtures/webgpu/run.ts");
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
});
