import { describe, expect, test } from "vitest";
import type { Command } from "./line-process.ts";
import { difference, runRow } from "./run-row.ts";
import type { Row } from "./suite.ts";

/** A side that reports the given times, one a run; the last one again when they run out. */
function side(
  times: readonly number[],
  value: number,
  then = "say({ memory: 3000, details: { done: run } }); process.exit()",
): Command {
  const program = `
    const say = (message) => console.log(JSON.stringify(message));
    const times = ${JSON.stringify(times)};
    let run = 0;
    say({ ready: true, versions: { "side${value}": "1" }, memory: 1000 });
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      if (line === "end") { ${then} }
      else say({ ms: times[Math.min(run++, times.length - 1)], cpuMs: run, values: { loss: ${value} } });
    });`;
  return { file: process.execPath, arguments: ["-e", program] };
}

const ROW: Row = {
  id: "row",
  what: "a row",
  settings: {},
  peer: "the peer",
  runs: 3,
  warmUp: 1,
  tolerance: 1e-3,
};

describe("runRow", () => {
  test("leaves the warm-up out and ends in a ratio", async () => {
    const ticks: number[] = [];
    const { result, versions } = await runRow(
      ROW,
      { ours: side([999, 20, 40, 30], 2), peer: side([999, 5, 10, 15], 2) },
      { onProgress: ({ done, total }) => ticks.push(done / total) },
    );
    expect(result.ours).toEqual({
      ms: { median: 30, min: 20, q1: 25, q3: 35, max: 40, runs: 3 },
      cpuMs: { median: 3, min: 2, q1: 2.5, q3: 3.5, max: 4, runs: 3 },
      memory: { ready: 1000, peak: 3000 },
    });
    expect(result.peer).toMatchObject({ name: "the peer", ms: { median: 10, q1: 7.5, q3: 12.5 } });
    expect(result.ratio).toEqual({ median: 3, low: 25 / 12.5, high: 35 / 7.5 });
    expect(result.agreement).toEqual({ worst: 0, tolerance: 1e-3 });
    expect(result.details).toEqual({ ours: { done: 4 }, peer: { done: 4 } });
    expect(versions).toEqual({ side2: "1" });
    expect(ticks).toEqual([0.25, 0.5, 0.75, 1]);
  });

  test("sides that computed different things have no ratio", async () => {
    const { result } = await runRow(ROW, { ours: side([1], 2), peer: side([1], 2.1) });
    expect(result.ratio).toBeNull();
    expect(result.failed).toMatch(/loss is 2 here and 2.1 there/);
    expect(result.agreement!.worst).toBeCloseTo(0.1 / 2.1, 12);
  });

  test("without a peer the row stands alone and says why", async () => {
    const { result } = await runRow(ROW, { ours: side([7], 2), peer: { missing: "not set up" } });
    expect(result.peer).toEqual({ name: "the peer", missing: "not set up" });
    expect([result.ratio, result.agreement, result.ours.ms.median]).toEqual([null, null, 7]);
  });

  test("a peer that can't start, or dies on the way, is missing", async () => {
    const absent = { file: "/no/such/python", arguments: [] };
    const { result } = await runRow(ROW, { ours: side([7], 2), peer: absent });
    expect(result.peer).toMatchObject({ missing: expect.stringMatching(/^the peer did not run: .*ENOENT/) });
    const dying = side([1], 2, "throw new Error('out of memory')");
    const died = await runRow(ROW, { ours: side([7], 2), peer: dying });
    expect(died.result).toMatchObject({
      ratio: null,
      peer: { missing: expect.stringMatching(/did not run/) },
    });
  });

  test("our own failure is an error, and cancelling ends both sides", async () => {
    const broken = { file: process.execPath, arguments: ["-e", "throw new Error('no input')"] };
    await expect(runRow(ROW, { ours: broken, peer: { missing: "" } })).rejects.toMatchObject({
      kind: "internal",
    });
    const abort = new AbortController();
    const endless = { file: process.execPath, arguments: ["-e", "setInterval(() => {}, 1000)"] };
    const running = runRow(ROW, { ours: endless, peer: endless }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(running).rejects.toMatchObject({ kind: "aborted" });
  });
});

test("difference finds the value that is furthest off, and what only one side has", () => {
  expect(difference({ a: 1, b: 100 }, { a: 1, b: 101 })).toMatchObject({ name: "b", worst: 1 / 101 });
  expect(difference({ a: 1 }, { a: 1, b: 0 })).toMatchObject({ name: "b", worst: 1 });
  expect(difference({ a: Number.NaN }, { a: Number.NaN }).worst).toBe(1);
  expect(difference({}, {}).worst).toBe(1); // nothing was compared, so nothing agrees
});
