import { describe, expect, test } from "vitest";
import { inShard, shardOf } from "../io/shard.ts";
import { ranked, roundsOf } from "./rounds.ts";
import { axesOf, drawnOf, gridOf } from "./space.ts";

describe("what is varied", () => {
  test("is read from flags, JSON and a config, flags winning", () => {
    const config = { ema: [0, 0.999], learningRate: [1] };
    expect(
      axesOf(
        ["learning-rate=1e-3,1e-4", 'augmentations=[["flip"],[]]', "filters=8..32", "x=1e-5..1e-2:log"],
        config,
      ),
    ).toEqual([
      { key: "ema", tried: [0, 0.999] },
      { key: "learningRate", tried: ["1e-3", "1e-4"] },
      { key: "augmentations", tried: [["flip"], []] },
      { key: "filters", tried: { from: 8, to: 32, log: false } },
      { key: "x", tried: { from: 1e-5, to: 1e-2, log: true } },
    ]);
  });

  test.each([
    [["a"], /must be name=value/],
    [["a="], /has no values/],
    [["a=1,,2"], /has no values/],
    [["a=[1"], /is no JSON/],
    [["a=2..1"], /from a number to a larger one/],
    [["a=-1..1:log"], /needs numbers above 0/],
    [[], /nothing is varied/],
  ])("%j is refused", (flags, message) => expect(() => axesOf(flags)).toThrow(message));

  test("a grid is every combination, the last setting fastest; a range has none", () => {
    expect(gridOf(axesOf(["a=1,2", "b=x,y"]))).toEqual([
      { a: "1", b: "x" },
      { a: "1", b: "y" },
      { a: "2", b: "x" },
      { a: "2", b: "y" },
    ]);
    expect(() => gridOf(axesOf(["a=1..2"]))).toThrow(/a range, which a grid has no values of/);
  });

  test("random ones are the same for a seed, whatever their number, within their ends", () => {
    const axes = axesOf(["lr=1e-5..1e-1:log", "n=2..4", "kind=l1,l2", "x=0.5..1.5"]);
    const many = drawnOf(axes, 300, 7);
    expect(drawnOf(axes, 5, 7)).toEqual(many.slice(0, 5));
    expect(drawnOf(axes, 5, 8)).not.toEqual(many.slice(0, 5));
    const rates = many.map(({ lr }) => lr as number);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-5);
    expect(Math.max(...rates)).toBeLessThanOrEqual(0.1);
    expect(rates.filter((rate) => rate < 1e-3).length / 300).toBeCloseTo(0.5, 1); // the middle, on a logarithm
    expect(new Set(many.map(({ n }) => n))).toEqual(new Set([2, 3, 4]));
    expect(new Set(many.map(({ kind }) => kind))).toEqual(new Set(["l1", "l2"]));
  });
});

describe("successive halving", () => {
  test("one in so many goes on for so many times the epochs, the last to the end", () => {
    const how = { epochs: 27, minEpochs: 1, keepOneIn: 3 };
    expect(roundsOf(27, how)).toEqual([
      { epochs: 1, trials: 27 },
      { epochs: 3, trials: 9 },
      { epochs: 9, trials: 3 },
      { epochs: 27, trials: 1 },
    ]);
    expect(roundsOf(5, { ...how, epochs: 6 })).toEqual([
      { epochs: 1, trials: 5 },
      { epochs: 3, trials: 2 },
      { epochs: 6, trials: 1 },
    ]);
    expect(roundsOf(100, { epochs: 4, minEpochs: 2, keepOneIn: 2 })).toEqual([
      { epochs: 2, trials: 100 },
      { epochs: 4, trials: 50 },
    ]);
    expect(() => roundsOf(3, { ...how, minEpochs: 30 })).toThrow(/more than the 27 epochs/);
  });

  test("ranks by what is better; trials without a result are last, equal ones in order", () => {
    const trials = [3, undefined, 1, Number.NaN, 2, 1].map((value, n) => ({ n, value }));
    expect(ranked(trials, "lower").map(({ n }) => n)).toEqual([2, 5, 4, 0, 1, 3]);
    expect(ranked(trials, "higher").map(({ n }) => n)).toEqual([0, 4, 2, 5, 1, 3]);
  });
});

test("shards are disjoint and are all of the work", () => {
  const shares = ["1/3", "2/3", "3/3"].map(shardOf);
  for (let n = 0; n < 10; n++) expect(shares.filter((share) => inShard(share, n)).length).toBe(1);
  expect(inShard(shardOf(undefined), 5)).toBe(true);
  for (const wrong of ["0/3", "4/3", "1", "a/b", "1/0"]) expect(() => shardOf(wrong)).toThrow(/must be i\/n/);
});
