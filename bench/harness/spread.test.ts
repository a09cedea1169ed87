import { expect, test } from "vitest";
import { ratioOf, spreadOf } from "./spread.ts";

test("median and quartiles are those of numpy.percentile", () => {
  // np.percentile([12, 7, 3, 9, 5, 41], [0, 25, 50, 75, 100]) -> 3, 5.5, 8, 11.25, 41
  expect(spreadOf([12, 7, 3, 9, 5, 41])).toEqual({ min: 3, q1: 5.5, median: 8, q3: 11.25, max: 41, runs: 6 });
  expect(spreadOf([4])).toEqual({ min: 4, q1: 4, median: 4, q3: 4, max: 4, runs: 1 });
});

test("no time, or an invalid one, is refused", () => {
  expect(() => spreadOf([])).toThrow(/at least one time/);
  expect(() => spreadOf([1, Number.NaN])).toThrow(/finite/);
});

test("a ratio is of medians, its range from the quartiles", () => {
  const ours = spreadOf([10, 20, 30, 40, 50]); // quartiles 20, 30, 40
  const peer = spreadOf([2, 4, 6, 8, 10]); // quartiles 4, 6, 8
  expect(ratioOf(ours, peer)).toEqual({ median: 5, low: 20 / 8, high: 40 / 4 });
});
