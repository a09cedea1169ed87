/** An MR has no scale of its own: whatever a scanner or a tool did to its numbers, the synthetic CT stays. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../src/base/random/index.ts";
import { headTissueTable, parametricHead, simulateFromLabels } from "../src/imaging/phantom/index.ts";
import {
  bodyMask,
  cleaned,
  dilateMask,
  foregroundMask,
  maskBytes,
  type Volume,
} from "../src/imaging/volume/index.ts";
import { wasm } from "../src/networks/backends/index.ts";
import { UNet } from "../src/networks/models/index.ts";
import { loadCase, phantomDataset } from "../src/road/data/index.ts";
import { HeadPipeline } from "../src/road/head/index.ts";
import { Slicer } from "../src/road/preparation/index.ts";
import { Synthesizer } from "../src/road/synthesis/index.ts";
import { Trainer } from "../src/road/training/index.ts";

/** Mean difference in the body, in HU, that counts as none. */
const SAME = 1;

const changed = (mr: Volume, change: (v: number, i: number) => number) =>
  mr.with({ data: Float32Array.from(mr.values(), change) });

/** As many voxels as 0.01 % of the volume have other values: spikes of a reconstruction, which are anything. */
function spiked(mr: Volume, seed: number, values: readonly number[]): Volume {
  const random = Random.fork(seed, "spikes");
  const data = Float32Array.from(mr.values());
  for (let n = 0; n < Math.floor(mr.size / 10_000); n++)
    data[random.integer(mr.size)] = values[n % values.length]!;
  return mr.with({ data });
}

/** Mean and largest difference in the body. */
function apart(a: Volume, b: Volume, body: Uint8Array): number {
  const [x, y] = [a.values(), b.values()];
  let [sum, n] = [0, 0];
  for (let i = 0; i < x.length; i++)
    if (body[i]) {
      sum += Math.abs(x[i]! - y[i]!);
      n++;
    }
  return sum / n;
}

const SPIKES: readonly (readonly number[])[] = [[32_767], [65_535, 65_535, 30_000], [1e7, -1e7], [-32_768]];

describe("a Synthesizer", () => {
  let synthesizer: Synthesizer;
  let [mr, ct, sct]: Volume[] = [];
  let body: Uint8Array;

  beforeAll(async () => {
    const dataset = phantomDataset({
      subjects: { train: 3, validation: 0, test: 1 },
      shape: [56, 64, 48],
      spacing: [4, 4, 4],
    });
    const trainer = new Trainer({
      model: UNet({ baseFilters: 4, levels: 3 }),
      backend: wasm(),
      sampler: Slicer.slices({ size: [64, 56] }),
      learningRate: 5e-3,
      batchSize: 4,
      epochs: 1,
      stepsPerEpoch: 150,
    });
    for await (const _ of trainer.fit(dataset));
    synthesizer = new Synthesizer(trainer.result(), { backend: wasm() });
    const subject = await loadCase(dataset.test[0]!, synthesizer.inputs);
    mr = Object.values(subject.inputs)[0]!.volume;
    ct = subject.targets.ct!.volume;
    body = maskBytes(bodyMask(ct));
    ({ sct } = await synthesizer.run(mr));
    return () => synthesizer.dispose();
  });

  const holds = async (other: Volume, codes: readonly string[] = []) => {
    const found = await synthesizer.run(other);
    expect(apart(found.sct, sct!, body)).toBeLessThan(SAME);
    expect(found.warnings.map(({ code }) => code)).toEqual(codes);
    const [there, here] = [foregroundMask(other), foregroundMask(mr!)].map(maskBytes) as [
      Uint8Array,
      Uint8Array,
    ];
    expect(there.filter((v, i) => v !== here[i]).length / there.length).toBeLessThan(0.001);
  };

  test("has learnt something, so that its answers could differ", async () => {
    const grey = ct!.with({ data: new Float32Array(ct!.size).fill(40) });
    expect(apart(sct!, ct!, body)).toBeLessThan(0.9 * apart(grey, ct!, body));
  });

  test("a·MR + b gives the same, whatever a and b", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: -20, max: 20, noNaN: true }),
        async (power, b) => {
          const a = 10 ** power;
          await holds(changed(mr!, (v) => a * v + b * a * 100));
        },
      ),
      {
        numRuns: 12,
        seed: 1,
        examples: [
          [Math.log10(2), 2.5],
          [0, -10],
          [-2, 0],
        ],
      },
    );
  });

  test.each(SPIKES.map((values, n) => [values, n] as const))(
    "spikes of %j in 0.01 %% of the voxels",
    async (values, n) => {
      await holds(spiked(mr!, n, values), ["outliers"]);
      await holds(
        spiked(
          changed(mr!, (v) => 2 * v + 500),
          n,
          values,
        ),
        ["outliers"],
      );
    },
  );

  test("NaN around the body is as 0 there", async () => {
    const outside = maskBytes(dilateMask(ct!.with({ data: body }), 4)).map((v) => 1 - v);
    const zero = changed(mr!, (v, i) => (outside[i] ? 0 : v));
    const nan = changed(mr!, (v, i) => (outside[i] ? Number.NaN : v));
    const [a, b] = [await synthesizer.run(zero), await synthesizer.run(nan)];
    expect(apart(a.sct, b.sct, body)).toBeLessThan(SAME);
    expect([a.warnings, b.warnings.map(({ code }) => code)]).toEqual([[], ["nan"]]);
    expect(foregroundMask(cleaned(nan).volume).data).toEqual(foregroundMask(zero).data);
    // Air without its noise is another image, though hardly another one to the network.
    expect(apart(b.sct, sct!, body)).toBeLessThan(10);
  });

  test("interpolation's few negative values at edges", async () => {
    await holds(changed(mr!, (v, i) => (i % 997 === 0 && !body[i] ? -v - 20 : v)));
  });

  test("NaN in the head is a hole that is warned of", async () => {
    const middle = Math.floor(mr!.size / 2) + 28;
    const { sct: holed, warnings } = await synthesizer.run(
      changed(mr!, (v, i) => (Math.abs(i - middle) < 3 ? Number.NaN : v)),
    );
    expect(holed.values().every(Number.isFinite)).toBe(true);
    expect(warnings).toMatchObject([
      { code: "nan", where: "inputs", what: expect.stringContaining("5 voxels") },
    ]);
  });
});

describe("the model of heads", () => {
  let head: HeadPipeline;
  let [mr, sct]: Volume[] = [];
  let body: Uint8Array;

  beforeAll(async () => {
    head = await HeadPipeline.open({ backend: wasm() });
    const labels = await parametricHead({ seed: 5, shape: [62, 72, 59], spacing: [3, 3, 3] });
    const simulated = await simulateFromLabels(labels, headTissueTable(), { seed: 5 });
    mr = simulated.inputs.t1!;
    body = maskBytes(bodyMask(simulated.ct));
    ({ sct } = await head.synthesize(mr));
    return () => head.dispose();
  });

  test("scaled, shifted and with spikes it gives the same, and says what it replaced", async () => {
    const other = spiked(
      changed(mr!, (v) => 2 * v - 1000),
      1,
      [65_535, -32_768],
    );
    const found = await head.synthesize(other);
    expect(apart(found.sct, sct!, body)).toBeLessThan(SAME);
    expect(found.warnings).toEqual([expect.stringMatching(/^It holds \d+ voxels .* far beyond all others/)]);
  });

  test("an infinite voxel is refused by the file's name", async () => {
    const other = changed(mr!, (v, i) => (i === 99 ? Number.POSITIVE_INFINITY : v));
    await expect(head.synthesize(other, { name: "a.nii" })).rejects.toThrow(
      "a.nii: it holds 1 NaN or infinite voxels",
    );
  });
});
