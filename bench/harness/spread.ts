import { assert } from "../../src/base/errors/index.ts";
import { quantileOfSorted } from "../../src/imaging/volume/index.ts";

/** The times of a row's runs. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  /** First and third quartile, linear between order statistics as NumPy's. */
  readonly q1: number;
  readonly q3: number;
  readonly max: number;
  readonly runs: number;
}

/** @throws MidashError `invalid-argument` without any time */
export function spreadOf(times: readonly number[]): Spread {
  assert(times.length > 0 && times.every(Number.isFinite), "needs at least one time, all finite", {
    where: "spreadOf",
  });
  const sorted = [...times].sort((a, b) => a - b);
  const at = (q: number) => quantileOfSorted(sorted, q);
  return { median: at(0.5), min: at(0), q1: at(0.25), q3: at(0.75), max: at(1), runs: sorted.length };
}

/** How many times slower `ours` is than `peer`, by medians, and between which values that could lie, by quartiles. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function ratioOf(ours: Spread, peer: Spread): Ratio {
  return { median: ours.median / peer.median, low: ours.q1 / peer.q3, high: ours.q3 / peer.q1 };
}
