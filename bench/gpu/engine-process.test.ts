/** Processes that speak an engine's lines: what the suite makes of answers, errors, deaths and silence. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { casesOf } from "./cases.ts";
import { EnginePool } from "./engine-pool.ts";
import { EngineFailed } from "./engine-process.ts";

const SERVE = new URL("./serve-engine.mjs", import.meta.url).href;
const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const [of] = casesOf("tiny").convolutions;

/** A process whose `run` is `body`. */
const pool = (body: string, start = "") =>
  new EnginePool(() => ({
    file: process.execPath,
    arguments: [
      "--input-type=module",
      "-e",
      `import { serveEngine } from ${JSON.stringify(SERVE)};
       await serveEngine(async () => { ${start}; return { facts: { of: "a test" }, open: async () => ({ run: async (steps) => { ${body} }, close() {} }) }; });`,
    ],
  }));

describe("engines of the GPU suite", () => {
  test("give times and values of their steps, and say what they are", async () => {
    const engines = pool("return { steps };");
    const engine = await engines.get("midash", 60);
    await engine.open(of!, "midash", FOLDER, 60);
    const { ms, cpuMs, values } = await engine.run(7, "midash", 60);
    expect(values).toEqual({ steps: 7 });
    expect(ms).toBeGreaterThanOrEqual(0);
    expect(cpuMs).toBeGreaterThanOrEqual(0);
    expect(engines.facts).toEqual({ midash: { of: "a test" } });
    await engine.close("midash", 60);
    engines.end();
  });

  test("that fail at a case say so, and stay", async () => {
    const engines = pool('throw new Error("out of memory");');
    const engine = await engines.get("tfjs", 60);
    await engine.open(of!, "tfjs", FOLDER, 60);
    await expect(engine.run(1, "tfjs", 60)).rejects.toThrow(new EngineFailed("out of memory"));
    await engine.close("tfjs", 60);
    engines.end();
  });

  test("that are not here are asked once", async () => {
    const engines = pool("", 'throw new Error("no adapter")');
    for (let n = 0; n < 2; n++) await expect(engines.get("jax", 60)).rejects.toThrow("no adapter");
    engines.end();
  });

  test("that die or are silent are ended, and begin anew", async () => {
    const engines = pool(
      "if (steps === 1) process.exit(3); await new Promise((done) => setTimeout(done, 60_000));",
    );
    for (const [steps, seconds, why] of [
      [1, 60, "it ended with exit code 3"],
      [2, 0.2, "no answer in 0 s"],
    ] as const) {
      const engine = await engines.get("midash", 60);
      await engine.open(of!, "midash", FOLDER, 60);
      await expect(engine.run(steps, "midash", seconds)).rejects.toThrow(why);
      engines.drop("midash");
    }
    engines.end();
  });
});
