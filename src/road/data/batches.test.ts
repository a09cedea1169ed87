import { expect, it } from "vitest";
import { Volume } from "../../imaging/volume/index.ts";
import { definePreparation, Normalizer, Slicer, usualSteps } from "../preparation/index.ts";
import { DEFAULT_NORMALIZERS } from "../training/options.ts";
import { epochOf } from "./batches.ts";
import { type Case, volumeRef } from "./case.ts";
import { CaseCache } from "./case-cache.ts";

const SHAPE = [8, 8, 5] as const;

/** A block of soft tissue in air whose MR value tells case and slice apart. */
function blockCase(n: number): Case {
  const ct = new Int16Array(8 * 8 * 5).fill(-1000);
  const mr = new Float32Array(ct.length);
  for (let k = 0; k < 5; k++)
    for (let j = 2; j < 6; j++)
      for (let i = 2; i < 6; i++) {
        ct[i + 8 * (j + 8 * k)] = 40;
        mr[i + 8 * (j + 8 * k)] = 1 + 5 * n + k;
      }
  return {
    id: `case-${n}`,
    inputs: { mr: volumeRef(new Volume({ shape: SHAPE, data: mr })) },
    targets: { ct: volumeRef(new Volume({ shape: SHAPE, data: ct, unit: "HU" })) },
  };
}

async function epoch(groupBytes: number, stepsPerEpoch = Number.POSITIVE_INFINITY) {
  const input = Normalizer.window({ min: 0, max: 40, output: [0, 40] });
  const preparation = definePreparation({
    inputs: [{ name: "mr" }],
    steps: usualSteps({ spacing: [1, 1, 1], inputs: { mr: input }, target: DEFAULT_NORMALIZERS.target }),
    sampler: Slicer.slices({ size: [8, 8] }),
  });
  const cases = Array.from({ length: 7 }, (_, n) => blockCase(n));
  const cache = new CaseCache(preparation, groupBytes);
  const seen: string[] = [];
  const sizes: number[] = [];
  const options = { batchSize: 4, seed: 3, epoch: 0, stepsPerEpoch, groupBytes, flip: false };
  for await (const { input, targets } of epochOf(cases, cache, preparation, options)) {
    sizes.push(input.shape[0]!);
    expect(targets.ct!.mask?.length).toBe(input.shape[0]! * 64);
    for (let s = 0; s < input.shape[0]!; s++) {
      const value = Math.round(input.data[s * 64 + 8 * 3 + 3]!);
      seen.push(`case-${Math.floor((value - 1) / 5)} ${value}`);
    }
  }
  return { seen, sizes };
}

it.each([1, 8 * 8 * 5 * 16 * 3, 2 ** 30])(
  "gives each slice of each case once, reading %d bytes at a time",
  async (bytes) => {
    const { seen, sizes } = await epoch(bytes);
    expect(seen.length).toBe(35);
    expect(new Set(seen).size).toBe(35);
    expect(sizes).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 3]);
  },
);

it("repeats itself for one seed, and mixes cases", async () => {
  const first = await epoch(2 ** 30);
  expect(await epoch(2 ** 30)).toEqual(first);
  const ids = new Set(first.seen.slice(0, 12).map((name) => name.split(" ")[0]));
  expect(ids.size).toBeGreaterThan(3);
});

it("an epoch of a stated number of steps is part of a pass, or several passes", async () => {
  const whole = await epoch(2 ** 30);
  const part = await epoch(2 ** 30, 3);
  expect(part.seen).toEqual(whole.seen.slice(0, 12));
  const more = await epoch(2 ** 30, 20);
  expect(more.sizes.length).toBe(20);
  expect(more.seen.slice(0, 35)).toEqual(whole.seen);
  expect(new Set(more.seen.slice(35, 70)).size).toBe(35);
  expect(more.seen.slice(35, 70)).not.toEqual(whole.seen); // another order
});
