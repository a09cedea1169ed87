import { describe, expect, test } from "vitest";
import { bundleOf, identityModel } from "../../../test/support/identity-model.ts";
import type { SliceAxis } from "../../imaging/display/index.ts";
import {
  affineFromSpacing,
  applyAffine,
  orientationOf,
  reorient,
  type Triple,
  Volume,
} from "../../imaging/volume/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { Batch } from "../../networks/models/index.ts";
import { defineModel } from "../../networks/models/index.ts";
import { definePlugin } from "../plugin/index.ts";
import { Normalizer, Slicer } from "../preparation/index.ts";
import { Synthesizer } from "./synthesizer.ts";

/** A volume of 1 × 1 × 3 mm, stored as `codes`, whose value is a linear function of its place in the world. */
function ramp(codes = "RAS", shape: Triple = [11, 9, 5], spacing: Triple = [1, 1, 3]): Volume {
  const affine = affineFromSpacing(spacing, [-20, 7, 30]);
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (let i = 0; i < data.length; i++) {
    const voxel: Triple = [
      i % shape[0],
      Math.floor(i / shape[0]) % shape[1],
      Math.floor(i / (shape[0] * shape[1])),
    ];
    const [x, y, z] = applyAffine(affine, voxel);
    data[i] = 500 + 10 * x - 7 * y + 3 * z;
  }
  return reorient(new Volume({ shape, affine, data, unit: "arbitrary" }), codes);
}

function expectClose(actual: Volume, expected: Volume, tolerance: number) {
  const [a, b] = [actual.values(), expected.values()];
  const worst = a.reduce((d, v, i) => Math.max(d, Math.abs(v - b[i]!)), 0);
  expect(worst).toBeLessThan(tolerance);
}

const ROUNDING = 0.002; // 4000 units in float32, there and back

describe("geometry", () => {
  test.each(["RAS", "LPI", "SAR", "PIL"])(
    "an input stored as %s gives an sCT on the very same grid",
    async (codes) => {
      const { backend, plugins } = identityModel();
      const mr = ramp(codes);
      const { sct, resampled, outside } = await new Synthesizer(bundleOf(), { backend, plugins }).run(mr);
      expect(sct.shape).toEqual(mr.shape);
      expect(sct.affine).toEqual(mr.affine);
      expect(orientationOf(sct.affine)).toBe(codes);
      expect(sct.unit).toBe("HU");
      expect(resampled).toBe(false);
      expect(outside).toBe("keep");
      expectClose(sct, mr, ROUNDING);
    },
  );

  test.each<SliceAxis>(["axial", "coronal", "sagittal"])(
    "%s slices, padded to what the network takes",
    async (axis) => {
      const { backend, plugins, log } = identityModel(8);
      const mr = ramp("LPI");
      const slicer = Slicer.slices({ axis });
      const { sct } = await new Synthesizer(bundleOf({ slicer }), { backend, plugins, batchSize: 4 }).run(mr);
      expectClose(sct, mr, ROUNDING);
      for (const [n, h, w] of log.shapes) {
        expect(n).toBeLessThanOrEqual(4);
        expect([h! % 8, w! % 8]).toEqual([0, 0]);
      }
    },
  );

  test("a model's smaller slice size crops no anatomy off", async () => {
    const { backend, plugins, log } = identityModel(4);
    const mr = ramp();
    const slicer = Slicer.slices({ size: [4, 4] });
    const { sct } = await new Synthesizer(bundleOf({ slicer }), { backend, plugins }).run(mr);
    expectClose(sct, mr, ROUNDING);
    expect(log.shapes).toEqual([[5, 12, 12, 1]]);
  });

  test("another spacing: resampled there and back onto the source grid, oblique too", async () => {
    const { backend, plugins } = identityModel();
    const synthesizer = new Synthesizer(bundleOf({ spacing: [2, 2, 2] }), { backend, plugins });
    const mr = ramp("LPI", [20, 18, 12]);
    const turned = mr.with({ affine: tilt(mr.affine) });
    for (const input of [mr, turned]) {
      const { sct, resampled } = await synthesizer.run(input);
      expect(resampled).toBe(true);
      expect(sct.shape).toEqual(input.shape);
      expect(sct.affine).toEqual(input.affine);
      // Smoothing and linear interpolation keep a linear function, but for the rim, where the border is repeated.
      for (let k = 2; k < 10; k++)
        for (let j = 3; j < 15; j++)
          for (let i = 3; i < 17; i++)
            expect(Math.abs(sct.at(i, j, k) - input.at(i, j, k))).toBeLessThan(0.02);
      expect(sct.values().every((v) => v > -999)).toBe(true); // no air sneaks in at the rim
    }
  });

  test("within 1 % of the model's spacing nothing is resampled; 9 times as coarse is refused", async () => {
    const { backend, plugins } = identityModel();
    const synthesizer = new Synthesizer(bundleOf(), { backend, plugins });
    expect((await synthesizer.run(ramp("RAS", [6, 6, 4], [1.009, 1, 2.98]))).resampled).toBe(false);
    expect((await synthesizer.run(ramp("RAS", [6, 6, 4], [1.02, 1, 3]))).resampled).toBe(true);
    await expect(synthesizer.run(ramp("RAS", [6, 6, 4], [9, 1, 3]))).rejects.toThrow(
      "inputs: voxels of 9×1×3 mm (along x, y, z) are too far from the model's 1×1×3 mm: it takes 0.25×0.25×0.75 mm to 4×4×12 mm; check",
    );
  });
});

/** Turned by 20° about z. */
function tilt(affine: readonly number[]): number[] {
  const [c, s] = [Math.cos(0.35), Math.sin(0.35)];
  const rows = [0, 4, 8].map((r) => affine.slice(r, r + 4));
  const [x, y, z] = rows as [number[], number[], number[]];
  return [...x.map((v, n) => c * v - s * y[n]!), ...y.map((v, n) => s * x[n]! + c * v), ...z, 0, 0, 0, 1];
}

describe("inputs", () => {
  const { backend, plugins } = identityModel(1, 2);
  const synthesizer = new Synthesizer(bundleOf({ inputs: ["t1", "t2"] }), { backend, plugins });
  const mr = ramp();

  test("two inputs by name, in the model's channel order", async () => {
    const t2 = mr.with({ data: new Float32Array(mr.size) });
    const { sct } = await synthesizer.run({ t2, t1: mr });
    expectClose(sct, mr, ROUNDING);
  });

  test("a missing or unnamed input, and inputs on different grids, are told", async () => {
    await expect(synthesizer.run({ t1: mr })).rejects.toThrow(/needs the input "t2"; given: t1/);
    await expect(synthesizer.run({ t2: mr })).rejects.toThrow(/needs the input "t1"; given: t2/);
    await expect(synthesizer.run(mr)).rejects.toThrow(/needs 2 inputs: t1, t2; pass them by name/);
    await expect(synthesizer.run({ t1: mr, t2: mr, t3: mr })).rejects.toThrow(
      /no input "t3"; its inputs are t1, t2/,
    );
    const moved = mr.with({ affine: affineFromSpacing([1, 1, 3]) });
    await expect(synthesizer.run({ t1: mr, t2: moved })).rejects.toMatchObject({ kind: "grid-mismatch" });
  });
});

describe("what would make confident nonsense is refused", () => {
  const { backend, plugins, factory } = identityModel();
  const mr = ramp();

  test("infinite voxels, counted, while NaN is background", async () => {
    const synthesizer = new Synthesizer(bundleOf(), { backend, plugins });
    const data = Float32Array.from(mr.values());
    data[3] = Number.NaN;
    const { warnings } = await synthesizer.run(mr.with({ data }));
    expect(warnings).toMatchObject([
      { code: "nan", what: expect.stringContaining('the input "mr" holds 1 voxel') },
    ]);
    data[9] = Number.POSITIVE_INFINITY;
    await expect(synthesizer.run(mr.with({ data }))).rejects.toThrow(
      'the input "mr" holds 1 NaN or infinite voxels',
    );
  });

  test("a constant image, where its normalizer must be fitted on it", async () => {
    const bundle = bundleOf({ normalizer: Normalizer.percentile() });
    const synthesizer = new Synthesizer(bundle, { backend, plugins });
    const zero = mr.with({ data: new Float32Array(mr.size) });
    await expect(synthesizer.run(zero)).rejects.toThrow('the input "mr" is 0 in every voxel');
  });

  test("an empty mask", async () => {
    const synthesizer = new Synthesizer(bundleOf(), { backend, plugins });
    const mask = mr.with({ data: new Uint8Array(mr.size) });
    await expect(synthesizer.run(mr, { mask })).rejects.toThrow("the mask is empty");
  });

  test.each([
    ["another shape", { shape: [1, 2, 2, 1], data: new Float32Array(4) }, "the model gave [1, 2, 2, 1]"],
    ["NaN", {}, "the model gave NaN"],
  ])("a model that gives %s", async (_, wrong, message) => {
    const identity = defineModel({
      ...factory.definition,
      spec: (config) => ({
        ...factory(config),
        async create(session, options) {
          const model = await factory(config).create(session, options);
          return {
            ...model,
            predict: async (batch: Batch) => ({
              ...batch,
              data: batch.data.map(() => Number.NaN),
              ...wrong,
            }),
          };
        },
      }),
    });
    const odd = definePlugin({ name: "odd", models: { identity } });
    const synthesizer = new Synthesizer(bundleOf(), { backend, plugins: [odd] });
    await expect(synthesizer.run(mr)).rejects.toThrow(message);
  });
});

describe("outside the body", () => {
  // A block of 400 in a background of 0; the "CT" of the background would be 0.
  const shape: Triple = [24, 24, 2];
  const inside = (i: number) =>
    Math.abs((i % 24) - 11.5) < 5 && Math.abs((Math.floor(i / 24) % 24) - 11.5) < 5;
  const data = Float32Array.from({ length: 24 * 24 * 2 }, (_, i) => (inside(i) ? 400 : 0));
  const mr = reorient(
    new Volume({ shape, data, affine: affineFromSpacing([1, 1, 3]), unit: "arbitrary" }),
    "LPI",
  );
  const { backend, plugins } = identityModel();
  const synthesizer = new Synthesizer(bundleOf({ outside: "air" }), { backend, plugins });

  test("is air by a given mask", async () => {
    const mask = mr.with({ data: Uint8Array.from({ length: mr.size }, (_, i) => (i % 24 < 6 ? 1 : 0)) });
    const { sct, outside } = await synthesizer.run(mr, { mask });
    expect(outside).toBe("air, given mask");
    for (const [i, v] of sct.data.entries()) {
      if (i % 24 < 6) expect(v).toBeCloseTo(mr.data[i]!, 2);
      else expect(v).toBe(-1000);
    }
  });

  test("is air by a mask from the MR, grown by the bundle's margin", async () => {
    const { sct, outside } = await synthesizer.run(mr);
    expect(outside).toBe("air, estimated mask");
    for (let i = 0; i < mr.size; i++) if (mr.data[i] === 400) expect(sct.data[i]).toBeCloseTo(400, 2);
    expect(sct.at(0, 0, 0)).toBe(-1000);
    expect(sct.at(11, 11 + 5 + 3, 0)).toBeCloseTo(0, 2); // within 4 mm
    expect(sct.at(11, 11 + 5 + 6, 0)).toBe(-1000);
  });

  test("stays when asked for; a mask on another grid is refused", async () => {
    const { sct, outside } = await synthesizer.run(mr, { outside: "keep" });
    expect(outside).toBe("keep");
    expect(sct.at(0, 0, 0)).toBeCloseTo(0, 2);
    await expect(synthesizer.run(mr, { mask: reorient(mr, "RAS") })).rejects.toMatchObject({
      kind: "grid-mismatch",
    });
  });

  test("an sCT is simulated where its MR is, and says what its model was trained on", async () => {
    const real = await synthesizer.run(mr);
    expect([real.sct.simulated, real.sct.trainedOn, real.intendedFor]).toEqual([false, "patients", "any"]);
    expect((await synthesizer.run(mr.with({ simulated: true }))).sct.simulated).toBe(true);
    const bundle = bundleOf();
    const provenance = { ...bundle.provenance, trainedOn: "simulated heads" } as const;
    const heads = { ...bundle, provenance, intendedFor: "heads" } as const;
    const one = await new Synthesizer(heads, { backend, plugins }).run(mr);
    expect([one.sct.simulated, one.sct.trainedOn, one.intendedFor]).toEqual([
      false,
      "simulated heads",
      "heads",
    ]);
    const both = await new Synthesizer([bundle, heads], { backend, plugins }).run(mr);
    expect([both.trainedOn, both.intendedFor, both.maps.spread!.trainedOn]).toEqual([
      "simulated heads",
      "heads",
      "simulated heads",
    ]);
  });

  test("a model of phantoms refuses what is not simulated, unless that is allowed", async () => {
    const bundle = bundleOf();
    const provenance = { ...bundle.provenance, trainedOn: "phantoms" } as const;
    const model = { ...bundle, provenance, intendedFor: "phantoms" } as const;
    const phantoms = new Synthesizer([model, bundle], { backend, plugins });
    await expect(phantoms.run(mr)).rejects.toThrow(
      'the model identity, identity is meant for phantoms alone, and the input "mr" is not simulated; use a model that was trained on patients or simulated heads, or set allowPhantomModel',
    );
    expect((await phantoms.run(mr.with({ simulated: true }))).warnings).toEqual([]);
    const { sct, warnings } = await phantoms.run(mr, { allowPhantomModel: true });
    expect([sct.trainedOn, sct.simulated, warnings.map(({ code }) => code)]).toEqual([
      "phantoms",
      false,
      ["phantom-model"],
    ]);
  });
});

describe("life of a synthesizer", () => {
  test("one model for all runs; dispose frees it, and the next run loads it again", async () => {
    const { backend, plugins, log } = identityModel();
    const synthesizer = new Synthesizer(bundleOf(), { backend, plugins });
    expect(log.opened).toBe(0);
    await Promise.all([synthesizer.run(ramp()), synthesizer.run(ramp())]);
    expect(log).toMatchObject({ opened: 1, created: 1, disposed: 0, closed: 0 });
    synthesizer.dispose();
    synthesizer.dispose();
    await synthesizer.run(ramp());
    expect(log).toMatchObject({ opened: 2, created: 2, disposed: 1, closed: 1 });
  });

  test("a signal stops it before and between batches; progress is told", async () => {
    const { backend, plugins, log } = identityModel();
    const synthesizer = new Synthesizer(bundleOf(), { backend, plugins, batchSize: 2 });
    await expect(synthesizer.run(ramp(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: "aborted",
    });
    expect(log.opened).toBe(0);
    const controller = new AbortController();
    const seen: unknown[] = [];
    const onProgress = (progress: unknown) => {
      seen.push(progress);
      if (seen.length === 2) controller.abort();
    };
    const run = synthesizer.run(ramp(), { signal: controller.signal, onProgress });
    await expect(run).rejects.toMatchObject({ kind: "aborted" });
    expect(seen).toEqual([
      { done: 2, total: 5 },
      { done: 4, total: 5 },
    ]);
  });

  test("a backend that this machine lacks is refused, and asked again at the next run", async () => {
    const { backend, plugins } = identityModel();
    let here = false;
    const shy: Backend = { ...backend, supports: async () => here || { reason: "no GPU here" } };
    const synthesizer = new Synthesizer(bundleOf(), { backend: shy, plugins });
    await expect(synthesizer.run(ramp())).rejects.toThrow(/none: no GPU here/);
    here = true;
    await expect(synthesizer.run(ramp())).resolves.toMatchObject({ backend: "none" });
  });

  test("a 3-D model with 2-D samples is refused, with what to do", () => {
    const bundle = { ...bundleOf(), model: { name: "unet", config: { dims: 3 } } };
    expect(() => new Synthesizer(bundle, { backend: identityModel().backend })).toThrow(
      "Synthesizer: unet takes 3-D samples, and slices are 2-D; give it Slicer.patches(...)",
    );
  });

  test("an unknown model is named, with those that are known", () => {
    expect(() => new Synthesizer(bundleOf(), { backend: identityModel().backend })).toThrow(
      /unknown model "identity"; known are unet.*; others come with plugins/,
    );
  });
});
