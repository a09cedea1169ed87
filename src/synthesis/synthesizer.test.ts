import { describe, expect, test } from "vitest";
import type { Backend, Session } from "../backends/index.ts";
import type { ModelFactory, TrainableModel } from "../models/index.ts";
import { Normalizer } from "../normalizer/index.ts";
import { type SliceAxis, Slicer } from "../slicer/index.ts";
import {
  affineFromSpacing,
  applyAffine,
  orientationOf,
  reorient,
  type Triple,
  Volume,
} from "../volume/index.ts";
import type { ModelBundle } from "./bundle.ts";
import { decodeModel, encodeModel } from "./model-codec.ts";
import { planOf, type Step, stepsOf } from "./preprocess.ts";
import { Synthesizer } from "./synthesizer.ts";

/** What happened to the engine that computes nothing. */
interface Log {
  opened: number;
  closed: number;
  created: number;
  disposed: number;
  shapes: (readonly number[])[];
}

/** A backend without tensors, and a network that gives its first channel back: what is left is geometry. */
function stub(multipleOf = 1, channels = 1) {
  const log: Log = { opened: 0, closed: 0, created: 0, disposed: 0, shapes: [] };
  const backend: Backend = {
    name: "stub",
    supports: async () => true,
    open: async () => {
      log.opened++;
      const session = {
        backend: "stub",
        run: async (work: () => unknown) => work(),
        close: () => log.closed++,
      };
      return session as unknown as Session;
    },
  };
  const identity: ModelFactory = (config) => ({
    name: "identity",
    config,
    input: { channels, dims: 2, multipleOf },
    output: { channels: 1, dims: 2, multipleOf },
    pairing: "paired",
    async create() {
      log.created++;
      const model: Partial<TrainableModel> = {
        async predict(batch) {
          log.shapes.push(batch.shape);
          const data = batch.data.filter((_, i) => i % channels === 0);
          return { ...batch, data, shape: [...batch.shape.slice(0, 3), 1] };
        },
        dispose: () => void log.disposed++,
      };
      return model as TrainableModel;
    },
  });
  return { log, backend, models: { identity } };
}

interface BundleOptions {
  readonly spacing?: Triple;
  readonly inputs?: readonly string[];
  readonly slicer?: Slicer;
  readonly outside?: "air" | "keep";
}

/** -1000 to 3000 goes to 0 to 1 and back, so that the "CT" is the input itself. */
function bundleOf(options: BundleOptions = {}): ModelBundle {
  const { spacing = [1, 1, 3], inputs = ["mr"], slicer = Slicer.slices(), outside = "keep" } = options;
  const normalizer = Normalizer.window({ min: -1000, max: 3000, clip: false });
  return {
    schema: 1,
    model: { name: "identity", config: { any: 1 } },
    preprocess: stepsOf({
      spacing,
      inputs: inputs.map((name) => ({ name, normalizer })),
      target: normalizer,
      slicer,
    }),
    background: { outside, margin: 4 },
    weights: { w: { data: Float32Array.of(1, 2), shape: [2] } },
    provenance: {
      library: "@midash/core",
      created: "2025-01-01T00:00:00.000Z",
      dataset: "test",
      simulated: false,
      cases: 1,
      seed: 0,
      backend: "stub",
      epochs: 1,
      steps: 1,
      settings: null,
    },
    metrics: {},
    licence: "MIT",
  };
}

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
      const { backend, models } = stub();
      const mr = ramp(codes);
      const { sct, resampled, outside } = await new Synthesizer(bundleOf(), { backend, models }).run(mr);
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
      const { backend, models, log } = stub(8);
      const mr = ramp("LPI");
      const slicer = Slicer.slices({ axis });
      const { sct } = await new Synthesizer(bundleOf({ slicer }), { backend, models, batchSize: 4 }).run(mr);
      expectClose(sct, mr, ROUNDING);
      for (const [n, h, w] of log.shapes) {
        expect(n).toBeLessThanOrEqual(4);
        expect([h! % 8, w! % 8]).toEqual([0, 0]);
      }
    },
  );

  test("a model's smaller slice size crops no anatomy off", async () => {
    const { backend, models, log } = stub(4);
    const mr = ramp();
    const slicer = Slicer.slices({ size: [4, 4] });
    const { sct } = await new Synthesizer(bundleOf({ slicer }), { backend, models }).run(mr);
    expectClose(sct, mr, ROUNDING);
    expect(log.shapes).toEqual([[5, 12, 12, 1]]);
  });

  test("another spacing: resampled there and back onto the source grid, oblique too", async () => {
    const { backend, models } = stub();
    const synthesizer = new Synthesizer(bundleOf({ spacing: [2, 2, 2] }), { backend, models });
    const mr = ramp("LPI", [20, 18, 12]);
    const turned = mr.with({ affine: tilt(mr.affine) });
    for (const input of [mr, turned]) {
      const { sct, resampled } = await synthesizer.run(input);
      expect(resampled).toBe(true);
      expect(sct.shape).toEqual(input.shape);
      expect(sct.affine).toEqual(input.affine);
      // Linear interpolation keeps a linear function, but for the rim, where the border is repeated.
      for (let k = 2; k < 10; k++)
        for (let j = 3; j < 15; j++)
          for (let i = 3; i < 17; i++)
            expect(Math.abs(sct.at(i, j, k) - input.at(i, j, k))).toBeLessThan(0.01);
      expect(sct.values().every((v) => v > -999)).toBe(true); // no air sneaks in at the rim
    }
  });

  test("within 1 % of the model's spacing nothing is resampled; 9 times as coarse is refused", async () => {
    const { backend, models } = stub();
    const synthesizer = new Synthesizer(bundleOf(), { backend, models });
    expect((await synthesizer.run(ramp("RAS", [6, 6, 4], [1.009, 1, 2.98]))).resampled).toBe(false);
    expect((await synthesizer.run(ramp("RAS", [6, 6, 4], [1.02, 1, 3]))).resampled).toBe(true);
    await expect(synthesizer.run(ramp("RAS", [6, 6, 4], [9, 1, 3]))).rejects.toThrow(
      /voxels of 9\.00×1\.00×3\.00 mm are too far from the model's 1\.00×1\.00×3\.00 mm/,
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
  const { backend, models } = stub(1, 2);
  const synthesizer = new Synthesizer(bundleOf({ inputs: ["t1", "t2"] }), { backend, models });
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
  const { backend, models } = stub();
  const mr = ramp();

  test("NaN and infinite voxels, counted", async () => {
    const synthesizer = new Synthesizer(bundleOf(), { backend, models });
    const data = Float32Array.from(mr.values());
    data[3] = Number.NaN;
    data[9] = Number.POSITIVE_INFINITY;
    await expect(synthesizer.run(mr.with({ data }))).rejects.toThrow(
      'the input "mr" holds 2 NaN or infinite voxels',
    );
  });

  test("a constant image, where its normalizer must be fitted on it", async () => {
    const bundle = bundleOf();
    const plan = {
      ...planOf(bundle.preprocess),
      inputs: [{ name: "mr", normalizer: Normalizer.percentile() }],
    };
    const synthesizer = new Synthesizer({ ...bundle, preprocess: stepsOf(plan) }, { backend, models });
    const zero = mr.with({ data: new Float32Array(mr.size) });
    await expect(synthesizer.run(zero)).rejects.toThrow('the input "mr" is 0 in every voxel');
  });

  test("an empty mask", async () => {
    const synthesizer = new Synthesizer(bundleOf(), { backend, models });
    const mask = mr.with({ data: new Uint8Array(mr.size) });
    await expect(synthesizer.run(mr, { mask })).rejects.toThrow("the mask is empty");
  });

  test.each([
    ["another shape", { shape: [1, 2, 2, 1], data: new Float32Array(4) }, "the model gave [1, 2, 2, 1]"],
    ["NaN", {}, "the model gave NaN"],
  ])("a model that gives %s", async (_, wrong, message) => {
    const odd: ModelFactory = (config) => ({
      ...models.identity!(config),
      async create(session, options) {
        const model = await models.identity!(config).create(session, options);
        return {
          ...model,
          predict: async (batch) => ({ ...batch, data: batch.data.map(() => Number.NaN), ...wrong }),
        };
      },
    });
    const synthesizer = new Synthesizer(bundleOf(), { backend, models: { identity: odd } });
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
  const { backend, models } = stub();
  const synthesizer = new Synthesizer(bundleOf({ outside: "air" }), { backend, models });

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

  test("simulated is passed on, from the input and from the training data", async () => {
    expect((await synthesizer.run(mr)).sct.simulated).toBe(false);
    expect((await synthesizer.run(mr.with({ simulated: true }))).sct.simulated).toBe(true);
    const bundle = bundleOf();
    const simulated = { ...bundle, provenance: { ...bundle.provenance, simulated: true } };
    expect((await new Synthesizer(simulated, { backend, models }).run(mr)).sct.simulated).toBe(true);
  });
});

describe("life of a synthesizer", () => {
  test("one model for all runs; dispose frees it, and the next run loads it again", async () => {
    const { backend, models, log } = stub();
    const synthesizer = new Synthesizer(bundleOf(), { backend, models });
    expect(log.opened).toBe(0);
    await Promise.all([synthesizer.run(ramp()), synthesizer.run(ramp())]);
    expect(log).toMatchObject({ opened: 1, created: 1, disposed: 0, closed: 0 });
    synthesizer.dispose();
    synthesizer.dispose();
    await synthesizer.run(ramp());
    expect(log).toMatchObject({ opened: 2, created: 2, disposed: 1, closed: 1 });
  });

  test("a signal stops it before and between batches; progress is told", async () => {
    const { backend, models, log } = stub();
    const synthesizer = new Synthesizer(bundleOf(), { backend, models, batchSize: 2 });
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
    const { backend, models } = stub();
    let here = false;
    const shy: Backend = { ...backend, supports: async () => here || { reason: "no GPU here" } };
    const synthesizer = new Synthesizer(bundleOf(), { backend: shy, models });
    await expect(synthesizer.run(ramp())).rejects.toThrow(/stub: no GPU here/);
    here = true;
    await expect(synthesizer.run(ramp())).resolves.toMatchObject({ backend: "stub" });
  });

  test("an unknown model is named, with those that are known", () => {
    expect(() => new Synthesizer(bundleOf(), { backend: stub().backend })).toThrow(
      /unknown model "identity"; known models: unet/,
    );
  });
});

describe("model files", () => {
  test("plan, steps and bundle survive JSON and bytes", () => {
    const bundle = bundleOf({
      inputs: ["t1", "t2"],
      slicer: Slicer.slices({ axis: "coronal", size: [8, 16] }),
    });
    const steps = JSON.parse(JSON.stringify(bundle.preprocess));
    expect(stepsOf(planOf(steps))).toEqual(bundle.preprocess);
    expect(decodeModel(encodeModel(bundle))).toEqual(bundle);
  });

  const steps = bundleOf().preprocess;
  test.each<[string, unknown, RegExp]>([
    ["no steps", undefined, /preprocess/],
    ["a step missing", steps.slice(1), /step "orient" is missing/],
    ["a step from the future", [...steps, { type: "denoise" }], /unknown step "denoise"; a newer version/],
    ["a step that is null", [...steps, null], /preprocess/],
    [
      "another orientation",
      steps.map((s) => (s.type === "orient" ? { ...s, to: "LPS" } : s)),
      /RAS grids only/,
    ],
    [
      "a spacing of 0",
      steps.map((s) => (s.type === "spacing" ? { ...s, spacing: [1, 0, 1] } : s)),
      /spacing must be/,
    ],
    ["no inputs", steps.map((s) => (s.type === "normalise" ? { ...s, inputs: undefined } : s)), /inputs/],
    [
      "a target that can't be turned into HU",
      steps.map((s) => (s.type === "normalise" ? { ...s, target: Normalizer.percentile().toJSON() } : s)),
      /target's normalizer is not fitted/,
    ],
  ])("%s is an invalid file", (_what, preprocess, message) => {
    const bytes = encodeModel({ ...bundleOf(), preprocess: preprocess as Step[] });
    expect(() => decodeModel(bytes)).toThrow(message);
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ kind: "invalid-file" }));
  });

  test.each<[string, object, RegExp]>([
    ["a newer schema", { schema: 2 }, /schema 2/],
    ["no model name", { model: undefined }, /no model name/],
  ])("%s is an invalid file", (_what, change, message) => {
    const bytes = encodeModel({ ...bundleOf(), ...change });
    expect(() => decodeModel(bytes)).toThrow(message);
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ kind: "invalid-file" }));
  });
});
