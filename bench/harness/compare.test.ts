import { describe, expect, test } from "vitest";
import { compareResults, parseResult } from "./compare.ts";
import type { RowResult, SuiteResult } from "./result.ts";
import { ratioOf, spreadOf } from "./spread.ts";

function row(id: string, ours: readonly number[], peer: readonly number[] = [10]): RowResult {
  const side = (times: readonly number[]) => ({
    ms: spreadOf(times),
    cpuMs: spreadOf(times),
    memory: { ready: 1, peak: 2 },
  });
  return {
    id,
    what: id,
    settings: { size: 8 },
    warmUp: 1,
    ours: side(ours),
    peer: { name: "peer", ...side(peer) },
    ratio: ratioOf(spreadOf(ours), spreadOf(peer)),
    agreement: null,
    details: { ours: {}, peer: {} },
  };
}

function result(rows: readonly RowResult[], rest: Partial<SuiteResult> = {}): SuiteResult {
  const device = { cpu: "a CPU", cores: 2, memoryGiB: 8, os: "linux" };
  return {
    schema: 1,
    suite: "train",
    size: "full",
    date: "2026-01-02",
    device,
    load: 0,
    versions: { node: "v20" },
    rows,
    ...rest,
  };
}

describe("compareResults", () => {
  const then = result([row("a", [100, 110, 120]), row("b", [100, 110, 120])]);

  test("runs whose middle halves touch are not told apart", () => {
    const { rows, date, caveats } = compareResults(result([row("a", [112, 118, 130])]), then);
    expect([date, caveats]).toEqual(["2026-01-02", []]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      id: "a",
      verdict: "within the spread",
      words: "+7.3 % time: within the spread",
    });
    expect(rows[0]!.time).toBeCloseTo(118 / 110, 12);
  });

  test("faster and slower ones are", () => {
    const now = result([row("a", [50, 55, 60]), row("b", [200, 220, 240])]);
    const [a, b] = compareResults(now, then).rows;
    expect(a).toMatchObject({ verdict: "faster", words: "-50 % time: faster", time: 0.5 });
    expect(b).toMatchObject({ verdict: "slower", words: "+100 % time: slower", time: 2 });
  });

  test("a machine at half speed leaves the ratio to the peer alone", () => {
    const [a] = compareResults(result([row("a", [200, 220, 240], [20])]), then).rows;
    expect(a!.time).toBe(2);
    expect(a!.ratio).toBe(1);
  });

  test("new rows and other settings can't be compared", () => {
    const other = { ...row("b", [1]), settings: { size: 9 } };
    const { rows } = compareResults(result([row("new", [1]), other]), then);
    expect(rows.map(({ verdict, time }) => [verdict, time])).toEqual([
      ["not comparable", null],
      ["not comparable", null],
    ]);
    expect(rows.map(({ words }) => words)).toEqual([
      "not in the earlier run",
      "settings differ from the earlier run's",
    ]);
  });

  test("another machine and other versions are said", () => {
    const device = { cpu: "another CPU", cores: 8, memoryGiB: 8, os: "linux" };
    const now = result([row("a", [100])], { device, versions: { node: "v22" } });
    expect(compareResults({ ...now, load: 3 }, then).caveats).toEqual([
      "this run was on a busy machine (load 3.0 a core)",
      "the earlier run was on another machine (a CPU, 2 cores)",
      "node was v20, is v22",
    ]);
  });
});

describe("parseResult", () => {
  test("reads what was stored and refuses the rest", () => {
    const stored = result([row("a", [1, 2])]);
    expect(parseResult(JSON.stringify(stored), "train", "f.json")).toEqual(stored);
    const refused = (text: string) => () => parseResult(text, "train", "f.json");
    expect(refused("{")).toThrow(/f.json: is no JSON/);
    expect(refused("null")).toThrow(/no result/);
    expect(refused(JSON.stringify({ ...stored, rows: [{ id: "a" }] }))).toThrow(/rows without times/);
    expect(refused(JSON.stringify({ ...stored, suite: "road" }))).toThrow(/"road", not "train"/);
  });
});
