import { describe, expect, it } from "vitest";
import { Random } from "../../../base/random/index.ts";
import { type Augmentation, augmented } from "./augmentation.ts";
import { augmentations } from "./augmentations.ts";
import type { Sample } from "./sample.ts";

const numbers = (n: number) => Float32Array.from({ length: n }, (_, i) => i + 1);

/** [1, 2, 3, 4]: two inputs, t1 and t2, of two channels each; t2 is optional. */
const slice: Sample = {
  input: { data: numbers(24), shape: [1, 2, 3, 4] },
  targets: { ct: { kind: "ct", outside: -1, data: numbers(6), shape: [1, 2, 3, 1], mask: numbers(6) } },
  axes: ["y", "x"],
  spacing: [1, 1],
  inputs: [
    { name: "t1", outside: 0 },
    { name: "t2", optional: true, outside: 0 },
  ],
};

/** What an augmentation makes of the sample in many places. */
function tries(augmentation: Augmentation, sample = slice, count = 400): Sample[] {
  return Array.from({ length: count }, (_, n) => augmentation.apply(sample, Random.fork(n, "test")));
}

describe("flip", () => {
  it("mirrors half of the samples along x, input, targets and mask alike", () => {
    const seen = tries(augmentations.flip());
    const flipped = seen.filter((sample) => sample !== slice);
    expect(flipped.length / seen.length).toBeCloseTo(0.5, 1);
    const { input, targets } = flipped[0]!;
    expect([...targets.ct!.data]).toEqual([3, 2, 1, 6, 5, 4]);
    expect([...targets.ct!.mask!]).toEqual([3, 2, 1, 6, 5, 4]);
    const pixel = (n: number) => [4 * n + 1, 4 * n + 2, 4 * n + 3, 4 * n + 4];
    expect([...input.data]).toEqual([2, 1, 0, 5, 4, 3].flatMap(pixel));
  });

  it("along other axes, of patches too", () => {
    const patch: Sample = {
      ...slice,
      input: { data: numbers(12), shape: [1, 3, 2, 2, 1] },
      inputs: [{ name: "t1", outside: 0 }],
      targets: {},
      axes: ["z", "y", "x"],
    };
    const once = (axis: "x" | "y" | "z") => [
      ...tries(augmentations.flip({ axis }), patch).find((s) => s !== patch)!.input.data,
    ];
    expect(once("z")).toEqual([9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4]);
    expect(once("y")).toEqual([3, 4, 1, 2, 7, 8, 5, 6, 11, 12, 9, 10]);
    expect(once("x")).toEqual([2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11]);
  });

  it("leaves sagittal slices as they are: left and right do not lie in them", () => {
    const sagittal: Sample = { ...slice, axes: ["z", "y"] };
    expect(new Set(tries(augmentations.flip(), sagittal))).toEqual(new Set([sagittal]));
  });
});

describe("dropInputs", () => {
  it("zeroes an optional input's channels and says so; others stay", () => {
    const seen = tries(augmentations.dropInputs({ share: 0.3 }));
    const dropped = seen.filter(({ input }) => input.present![1] === 0);
    expect(dropped.length / seen.length).toBeCloseTo(0.3, 1);
    for (const { input } of dropped) {
      expect([...input.present!]).toEqual([1, 0]);
      expect([...input.data.subarray(0, 8)]).toEqual([1, 2, 0, 0, 5, 6, 0, 0]);
    }
    expect(slice.input.data[2]).toBe(3);
  });

  it("keeps as many as it must, without favour", () => {
    const both = { ...slice, inputs: slice.inputs.map((input) => ({ ...input, optional: true })) };
    const left = tries(augmentations.dropInputs({ share: 1 }), both).map(({ input }) => [...input.present!]);
    expect(left.every(([a, b]) => a! + b! === 1)).toBe(true);
    expect(left.filter(([a]) => a).length / left.length).toBeCloseTo(0.5, 1);
    const lacking = { ...both, input: { ...both.input, present: Uint8Array.of(0, 1) } };
    for (const { input } of tries(augmentations.dropInputs({ share: 1 }), lacking, 20))
      expect([...input.present!]).toEqual([0, 1]);
  });

  it("needs an optional input, and a share", () => {
    const fixed = { ...slice, inputs: slice.inputs.map((input) => ({ ...input, optional: false })) };
    expect(() => tries(augmentations.dropInputs(), fixed)).toThrow("dropInputs: no input is optional");
    expect(() => augmentations.dropInputs({ share: 2 })).toThrow("share must be from 0 to 1, got 2");
  });
});

it("intensity changes each input by a gain and a power of its own, and no target", () => {
  const [one, other] = tries(augmentations.intensity(), slice, 2) as [Sample, Sample];
  const ratio = ({ input }: Sample, n: number) => input.data[n]! / slice.input.data[n]!;
  expect(one.targets).toBe(slice.targets);
  expect(one.input.data).not.toEqual(other.input.data);
  for (const n of [0, 2]) expect(Math.abs(ratio(one, n) - 1)).toBeLessThan(0.25);
  const still = augmentations.intensity({ gain: 0, gamma: 0 }).apply(slice, new Random(1));
  expect(still.input.data).toEqual(slice.input.data);
  const powers = augmentations.intensity({ gain: 0 }).apply(slice, new Random(1)).input.data;
  const power = (n: number) => Math.log(powers[n]!) / Math.log(slice.input.data[n]!);
  expect(power(1)).toBeCloseTo(power(4), 5); // of t1 both
  expect(Math.abs(power(1) - power(2))).toBeGreaterThan(1e-4);
});

it("a sample's changes depend on its name alone: what else is in the list moves nothing", () => {
  const keys = Array.from({ length: 50 }, (_, n) => `0/0/case/${n}`);
  const flipped = (list: readonly Augmentation[]) =>
    keys.map((from) => augmented(slice, list, { seed: 3, from }).targets.ct!.data[0]);
  const alone = flipped([augmentations.flip()]);
  expect(new Set(alone)).toEqual(new Set([1, 3]));
  expect(flipped([augmentations.intensity(), augmentations.dropInputs(), augmentations.flip()])).toEqual(
    alone,
  );
});
