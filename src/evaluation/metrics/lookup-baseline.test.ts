import { describe, expect, it } from "vitest";
import { Volume } from "../../imaging/volume/index.ts";
import { LookupBaseline } from "./index.ts";

const ones = (n: number) => new Uint8Array(n).fill(1);

describe("LookupBaseline", () => {
  it("predicts the median HU of each quantile bin, as NumPy", () => {
    // input = (arange(40) * 13) % 40; target = input ** 2 - 500; edges = quantile(input, [.25, .5, .75])
    const input = Float32Array.from({ length: 40 }, (_, i) => (i * 13) % 40);
    const target = input.map((v) => v * v - 500);
    const half = (a: Float32Array, from: number) => a.slice(from, from + 20);
    const pairs = [0, 20].map((from) => ({
      input: half(input, from),
      target: half(target, from),
      mask: ones(20),
    }));
    const baseline = LookupBaseline.fit(pairs, { bins: 4 });
    expect([...baseline.edges]).toEqual([9.75, 19.5, 29.25]);
    // median of (0..9)**2 - 500, (10..19), (20..29), (30..39): mean of the two middle squares
    expect([...baseline.hu]).toEqual([-479.5, -289.5, 100.5, 690.5]);
    expect(baseline.constant).toBe((19 ** 2 + 20 ** 2) / 2 - 500); // the median of all
    const mr = new Volume({
      shape: [5, 1, 1],
      data: Float32Array.of(-3, 9.75, 25, 99, Number.NaN),
      simulated: true,
    });
    const sct = baseline.predict(mr);
    expect([...sct.values()]).toEqual([-479.5, -289.5, 100.5, 690.5, Number.NaN]);
    expect([sct.unit, sct.simulated]).toEqual(["HU", true]);
    const mask = mr.with({ data: Uint8Array.of(0, 1, 1, 1, 0) });
    expect([...baseline.predict(mr, { mask }).values()]).toEqual([-1000, -289.5, 100.5, 690.5, -1000]);
  });

  it("copes with ties and with fewer voxels than bins", () => {
    const ties = LookupBaseline.fit([
      {
        input: Float32Array.of(0, 0, 0, 0, 0, 0, 1),
        target: Float32Array.of(1, 2, 3, 4, 5, 6, 900),
        mask: ones(7),
      },
    ]);
    const at = (baseline: LookupBaseline, v: number) =>
      baseline.predict(new Volume({ shape: [1, 1, 1], data: Float32Array.of(v) })).values()[0];
    expect([at(ties, 0), at(ties, 1)]).toEqual([3.5, 900]);
    const few = LookupBaseline.fit([
      { input: Float32Array.of(0, 10), target: Float32Array.of(-50, 50), mask: ones(2) },
    ]);
    expect([at(few, -1), at(few, 0), at(few, 5), at(few, 10), at(few, 11)]).toEqual([-50, -50, -50, 50, 50]);
  });

  it("uses only finite voxels inside the mask", () => {
    const baseline = LookupBaseline.fit([
      {
        input: Float32Array.of(1, 1, 1, Number.NaN),
        target: Float32Array.of(10, 9999, Number.NaN, 9999),
        mask: Uint8Array.of(1, 0, 1, 1),
      },
    ]);
    expect([...baseline.hu]).toEqual([10]);
  });

  it("refuses arrays of different length, empty masks and bad bins", () => {
    const pair = { input: new Float32Array(3), target: new Float32Array(3), mask: ones(3) };
    expect(() => LookupBaseline.fit([{ ...pair, mask: ones(2) }])).toThrow(
      /pair 0 has 3 inputs, 3 targets and 2 mask/,
    );
    expect(() => LookupBaseline.fit([{ ...pair, mask: new Uint8Array(3) }])).toThrow(/no finite voxel/);
    expect(() => LookupBaseline.fit([])).toThrow(/no finite voxel/);
    expect(() => LookupBaseline.fit([pair], { bins: 0 })).toThrow(/bins must be/);
  });
});
