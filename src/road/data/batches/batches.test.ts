import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Volume } from "../../../imaging/volume/index.ts";
import { definePreparation, Normalizer, Slicer, usualSteps } from "../../preparation/index.ts";
import { DEFAULT_NORMALIZERS } from "../../training/options.ts";
import { augmentations } from "../augmentations/augmentations.ts";
import { type Case, volumeRef } from "../case.ts";
import { CaseCache } from "../case-cache.ts";
import { prepareCase } from "../prepare-case.ts";
import type { BatchContext, BatchSourceType } from "./batch-source.ts";
import { batchSources } from "./batch-sources.ts";
import { plainLoader } from "./loader.ts";
import { trainingCase } from "./training-case.ts";

const SHAPE = [8, 8, 5] as const;
const cases = Array.from({ length: 7 }, (_, n) => blockCase(n));
const preparation = definePreparation({
  inputs: [{ name: "mr" }],
  steps: usualSteps({
    spacing: [1, 1, 1],
    inputs: { mr: Normalizer.window({ min: 0, max: 100 }) },
    target: DEFAULT_NORMALIZERS.target,
  }),
  sampler: Slicer.slices({ size: [8, 8] }),
});
const outputs = [{ kind: "ct", name: "ct" }] as const;
const ONE_PASS = Number.POSITIVE_INFINITY;

/** A block of soft tissue in air. A corner of its MR and the block of its CT say which case and slice it is. */
function blockCase(n: number): Case {
  const ct = new Int16Array(8 * 8 * 5).fill(-1000);
  const mr = new Float32Array(ct.length);
  for (let k = 0; k < 5; k++) {
    for (let j = 2; j < 6; j++)
      for (let i = 2; i < 6; i++) {
        ct[i + 8 * (j + 8 * k)] = 40 + 10 * n + k;
        mr[i + 8 * (j + 8 * k)] = 100;
      }
    mr[64 * k] = 10 * n + k;
  }
  return {
    id: `case-${n}`,
    inputs: { mr: volumeRef(new Volume({ shape: SHAPE, data: mr })) },
    targets: { ct: volumeRef(new Volume({ shape: SHAPE, data: ct, unit: "HU" })) },
  };
}

function contextOf(options: Partial<BatchContext> = {}): BatchContext {
  const { groupBytes = 2 ** 30 } = options;
  const cache = new CaseCache((source, signal) => prepareCase(source, preparation, signal), groupBytes);
  return {
    cases,
    prepare: async (source, signal) => trainingCase(await cache.get(source, signal), preparation, outputs),
    cut: plainLoader({
      ...{ preparation, outputs, augmentations: [], seed: 3, foreground: 0, batchSize: 4 },
      ...options,
      cases,
      bytes: 0,
    }).cut,
    ahead: 0,
    augmentations: [],
    batchSize: 4,
    stepsPerEpoch: ONE_PASS,
    seed: 3,
    groupBytes,
    ...options,
  };
}

/** Ten times the number of the case, plus the slice: of the input, and of the target, of each sample of an epoch. */
async function epoch(source: BatchSourceType, options: Partial<BatchContext> = {}, number = 0) {
  const inputs: number[] = [];
  const targets: number[] = [];
  const sizes: number[] = [];
  for await (const batch of source.open(contextOf(options)).epoch(number)) {
    const { data, shape } = batch.input;
    const count = shape[0]!;
    sizes.push(count);
    expect(batch.targets.ct!.mask?.length).toBe(count * 64);
    for (let s = 0; s < count; s++) {
      // A window takes 100 to 1; a unit of the target is 512 HU.
      inputs.push(Math.round(100 * data[s * 64]!));
      targets.push(Math.round(512 * batch.targets.ct!.data[s * 64 + 27]!) - 40);
    }
  }
  return { inputs, targets, sizes };
}

const { paired, unpaired } = batchSources;
const distinct = (values: readonly number[]) => new Set(values).size;

describe("paired", () => {
  it.each([1, 8 * 8 * 5 * 16 * 3, 2 ** 30])(
    "gives each slice of each case once, with its own target, reading %d bytes at a time",
    async (groupBytes) => {
      const { inputs, targets, sizes } = await epoch(paired, { groupBytes });
      expect(distinct(inputs)).toBe(35);
      expect(targets).toEqual(inputs);
      expect(sizes).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 3]);
    },
  );

  it("repeats itself for one seed, and mixes cases", async () => {
    const first = await epoch(paired);
    expect(await epoch(paired)).toEqual(first);
    expect((await epoch(paired, {}, 1)).inputs).not.toEqual(first.inputs);
    expect((await epoch(paired, { seed: 4 })).inputs).not.toEqual(first.inputs);
    expect(distinct(first.inputs.slice(0, 12).map((n) => Math.floor(n / 10)))).toBeGreaterThan(3);
  });

  // Numbers that were measured by training rest on it.
  it("keeps its order from version to version", async () => {
    const [whole, grouped] = [await epoch(paired), await epoch(paired, { groupBytes: 1 })];
    expect(whole.inputs.slice(0, 12)).toEqual([52, 62, 41, 13, 61, 64, 3, 10, 44, 32, 40, 34]);
    expect(grouped.inputs.slice(0, 12)).toEqual([24, 21, 23, 20, 2, 3, 0, 1, 11, 4, 10, 12]);
    expect((await epoch(paired, { stepsPerEpoch: 20 }, 2)).inputs.slice(35, 47)).toEqual([
      62, 3, 54, 42, 63, 53, 52, 33, 13, 60, 2, 14,
    ]);
  });

  it("an epoch of a stated number of steps is part of a pass, or several passes", async () => {
    const whole = await epoch(paired);
    const part = await epoch(paired, { stepsPerEpoch: 3 });
    expect(part.inputs).toEqual(whole.inputs.slice(0, 12));
    const more = await epoch(paired, { stepsPerEpoch: 20 });
    expect(more.sizes.length).toBe(20);
    expect(more.inputs.slice(0, 35)).toEqual(whole.inputs);
    expect(distinct(more.inputs.slice(35, 70))).toBe(35);
    expect(more.inputs.slice(35, 70)).not.toEqual(whole.inputs); // another order
  });

  it("augmentations reorder nothing, and change a sample alike whatever the batches are", async () => {
    const plain = await epoch(paired);
    const flipped = async (batchSize: number) => {
      const found = new Map<number, boolean>();
      const order: number[] = [];
      const context = contextOf({ batchSize, augmentations: [augmentations.flip()] });
      for await (const { input, targets } of paired.open(context).epoch(0))
        for (let s = 0; s < input.shape[0]!; s++) {
          const [left, right] = [input.data[s * 64]!, input.data[s * 64 + 7]!];
          const number = Math.round(512 * targets.ct!.data[s * 64 + 27]!) - 40;
          found.set(number, right > left);
          if (number > 0) expect(Math.round(100 * Math.max(left, right))).toBe(number);
          order.push(number);
        }
      return { found, order };
    };
    const [four, five] = [await flipped(4), await flipped(5)];
    expect(four.order).toEqual(plain.inputs);
    expect([...four.found].sort()).toEqual([...five.found].sort());
    const mirrored = [...four.found.values()].filter(Boolean).length;
    expect(mirrored).toBeGreaterThan(8);
    expect(mirrored).toBeLessThan(27);
  });
});

describe("unpaired", () => {
  const half = (n: number): Case => {
    const { targets, inputs, id } = cases[n]!;
    return n < 3 ? { id, inputs } : { id, inputs: {}, targets };
  };

  it("takes each input once, with targets of other cases in an order of their own", async () => {
    const { inputs, targets, sizes } = await epoch(unpaired);
    expect([distinct(inputs), distinct(targets)]).toEqual([35, 35]);
    expect(sizes).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 3]);
    expect(inputs.filter((n, i) => targets[i] === n).length).toBeLessThan(6);
    expect(await epoch(unpaired)).toEqual({ inputs, targets, sizes });
    expect((await epoch(unpaired, {}, 1)).targets).not.toEqual(targets);
    expect((await epoch(unpaired, { seed: 4 })).targets).not.toEqual(targets);
  });

  it("draws from cases that have inputs alone, or targets alone", async () => {
    const { inputs, targets } = await epoch(unpaired, {
      cases: cases.map((_, n) => half(n)),
      stepsPerEpoch: 12,
    });
    expect(new Set(inputs.map((n) => Math.floor(n / 10)))).toEqual(new Set([0, 1, 2]));
    expect(new Set(targets.map((n) => Math.floor(n / 10)))).toEqual(new Set([3, 4, 5, 6]));
    expect(distinct(inputs.slice(0, 15))).toBe(15);
    expect(distinct(targets.slice(0, 20))).toBe(20);
  });

  it.each([
    ["inputs", [half(4)]],
    ["targets", [half(0)]],
  ])("refuses cases without any %s", (what, only) => {
    expect(() => unpaired.open(contextOf({ cases: only }))).toThrow(`no training case has ${what}`);
  });
});

describe.each([paired, unpaired])("$name from a batch on", (type) => {
  const batchesOf = async (options: Partial<BatchContext>, number: number, from?: number) => {
    const found = [];
    for await (const batch of type.open(contextOf(options)).epoch(number, { from })) found.push(batch);
    return found;
  };

  it("gives the rest of the whole epoch, whatever its length and its groups", async () => {
    const run = fc.record({
      batchSize: fc.integer({ min: 1, max: 9 }),
      stepsPerEpoch: fc.oneof(fc.constant(ONE_PASS), fc.integer({ min: 1, max: 20 })),
      groupBytes: fc.constantFrom(1, 8 * 8 * 5 * 16 * 3, 2 ** 30),
      seed: fc.integer({ min: 0, max: 99 }),
    });
    await fc.assert(
      fc.asyncProperty(run, fc.nat(5), fc.nat(25), async (options, number, from) => {
        const context = { ...options, augmentations: [augmentations.flip()] };
        const whole = await batchesOf(context, number);
        expect(await batchesOf(context, number, from)).toEqual(whole.slice(from));
      }),
      { numRuns: 25 },
    );
  });

  it("cuts nothing of what it leaves out", async () => {
    let cut = 0;
    const { prepare, ...context } = contextOf({ batchSize: 5 });
    const counted: BatchContext = {
      ...context,
      prepare: async (source, signal) => {
        const made = await prepare(source, signal);
        const input: typeof made.input = (place) => {
          cut++;
          return made.input(place);
        };
        return { ...made, input };
      },
    };
    let batches = 0;
    for await (const _ of type.open(counted).epoch(0, { from: 5 })) batches++;
    expect([batches, cut]).toEqual([2, 10]);
  });
});

it("labels must be classes of the model", async () => {
  const { targets, ...source } = cases[0]!;
  const ct = await targets!.ct!.load();
  const tissue = ct.with({ data: Uint8Array.from(ct.data, (hu) => (hu > 0 ? 2 : 0)), unit: "unknown" });
  const labelled = { ...source, targets: { ...targets, tissue: volumeRef(tissue) } };
  const prepared = await prepareCase(labelled, preparation);
  const of = (classes: readonly string[]) =>
    trainingCase(prepared, preparation, [...outputs, { kind: "labels", name: "tissue", classes }]);
  expect(Object.keys(of(["air", "fat", "soft"]).targets([0, 0, 0]))).toEqual(["ct", "tissue"]);
  expect(() => of(["air", "soft"])).toThrow(
    'case case-0: the target "tissue" holds label 2; the model has 2 classes, labels 0 to 1: air, soft',
  );
});
