/** Networks from ONNX files in Synthesizer, and one synthetic CT from every engine. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../src/base/random/index.ts";
import { Volume } from "../src/imaging/volume/index.ts";
import { type Backend, cpu, onnx, wasm } from "../src/networks/backends/index.ts";
import { splitOnnx } from "../src/networks/layers/index.ts";
import { OnnxModel, type OnnxModelConfig, UNet } from "../src/networks/models/index.ts";
import { decodeModel, encodeModel, type ModelBundle } from "../src/road/model-file/index.ts";
import { exportOnnx, type FromOnnxOptions, fromOnnx } from "../src/road/model-file/onnx/index.ts";
import { definePreparation, Normalizer, Slicer, usualSteps } from "../src/road/preparation/index.ts";
import { Synthesizer } from "../src/road/synthesis/index.ts";
import outputs from "./fixtures/onnx/outputs.json" with { type: "json" };
import { errorOf } from "./support/error-of.ts";
import { bundleOf } from "./support/identity-model.ts";
import { trainedWeights } from "./support/onnx-models.ts";
import { NO_ONNXRUNTIME, withOnnxRuntime } from "./support/onnxruntime.ts";

const file = (name: string) =>
  new Uint8Array(readFileSync(new URL(`fixtures/onnx/${name}`, import.meta.url)));

/** Values as they are, so that the network's own numbers come out: 1 HU is 1. */
const AS_IT_IS = Normalizer.window({ min: 0, max: 1, clip: false });
const HOW: FromOnnxOptions = {
  spacing: [1, 1, 1],
  inputs: [{ name: "mr", normalizer: AS_IT_IS }],
  target: AS_IT_IS,
  background: { outside: "keep", margin: 0 },
  multipleOf: 4,
};

/** [N, 1, H, W] as a volume of N axial slices, H = y and W = x; memory runs the same way. */
function volumeOf({
  shape,
  input,
}: {
  readonly shape: readonly number[];
  readonly input: readonly number[];
}): Volume {
  const [n, , h, w] = shape as [number, number, number, number];
  return new Volume({ shape: [w, h, n], data: Float32Array.from(input) });
}

describe.skipIf(NO_ONNXRUNTIME)(withOnnxRuntime("a PyTorch U-Net runs in Synthesizer"), () => {
  test.each([
    ["unet.onnx", outputs.any],
    ["channels-last.onnx", outputs.any],
    ["fixed.onnx", outputs.fixed],
  ] as const)("%s gives what PyTorch gives", async (name, { shape, input, output }) => {
    const bundle = await fromOnnx(file(name), { name, ...HOW });
    expect(bundle.provenance.library).toMatch(/^pytorch 2/);
    // Through a model file, as the command line would have it.
    const loaded = decodeModel(encodeModel(bundle));
    const synthesizer = new Synthesizer(loaded, { backend: onnx(), batchSize: 3 });
    const { sct, backend } = await synthesizer.run(volumeOf({ shape, input }));
    synthesizer.dispose();
    expect(backend).toBe("onnx");
    const largest = Math.max(...output.map(Math.abs));
    const worst = Math.max(...output.map((value, i) => Math.abs(sct.data[i]! - value)));
    expect(worst / largest).toBeLessThan(1e-5);
  });

  test("a network of a fixed size is given tiles of it", async () => {
    const bundle = await fromOnnx(file("fixed.onnx"), HOW);
    const random = new Random(1);
    const mr = new Volume({
      shape: [30, 21, 2],
      data: Float32Array.from({ length: 1260 }, () => random.normal()),
    });
    const { sct } = await new Synthesizer(bundle, { backend: onnx() }).run(mr);
    expect(sct.shape).toEqual([30, 21, 2]);
    const whole = Slicer.slices({ size: [32, 32] });
    const error = await errorOf(fromOnnx(file("fixed.onnx"), { ...HOW, slicer: whole }));
    expect(error.message).toContain("the network takes 16×24 samples alone, the slicer cuts 32×32");
  });

  test("a 3-D network is given patches", async () => {
    const bundle = await fromOnnx(file("volumes.onnx"), { ...HOW, multipleOf: undefined });
    expect(OnnxModel(bundle.model.config as OnnxModelConfig).input).toEqual({
      channels: 1,
      dims: 3,
      multipleOf: 1,
    });
    const [weight, bias] = Object.values(bundle.weights).sort((a, b) => b.shape.length - a.shape.length);
    const random = new Random(2);
    const data = Float32Array.from({ length: 11 * 9 * 6 }, () => random.normal());
    const synthesizer = new Synthesizer(bundle, { backend: onnx() });
    const { sct } = await synthesizer.run(new Volume({ shape: [11, 9, 6], data }));
    synthesizer.dispose();
    for (const [i, value] of data.entries())
      expect(sct.data[i]).toBeCloseTo(weight!.data[0]! * value + bias!.data[0]!, 5);
  });

  test("says what to do where another backend is asked for", async () => {
    const bundle = await fromOnnx(file("unet.onnx"), HOW);
    const error = await errorOf(new Synthesizer(bundle, { backend: cpu() }).run(volumeOf(outputs.any)));
    expect([error.kind, error.message]).toEqual([
      "unsupported",
      expect.stringContaining("choose backend onnx, or auto"),
    ]);
  });
});

describe("fromOnnx refuses by name", () => {
  test.each([
    [
      "two-inputs.onnx",
      {},
      "unsupported",
      'the network has 2 inputs: "t1" [2, 1, 32, 24], "t2" [2, 1, 32, 24]',
    ],
    [
      "two-outputs.onnx",
      {},
      "invalid-argument",
      "the network has 2 outputs: ct, twice; choose one by output",
    ],
    [
      "two-outputs.onnx",
      { output: "thrice" },
      "invalid-argument",
      'no output "thrice"; outputs are ct, twice',
    ],
    ["half.onnx", {}, "unsupported", '"mr" [2, 1, 32, 24] is float16; export the network in float32'],
    [
      "volumes.onnx",
      { layout: "NCHW" as const },
      "invalid-argument",
      'the layout NCHW is not that of "mr" [1, 1, 4, 8, 8], which has 5 axes',
    ],
    [
      "volumes.onnx",
      { slicer: Slicer.patches({ size: [8, 8, 8] }) },
      "invalid-argument",
      "the network takes 4×8×8 samples alone, the slicer cuts 8×8×8",
    ],
    [
      "unet.onnx",
      { spacing: undefined },
      "invalid-argument",
      "unet.onnx: spacing: must be told: the file does not say; give the option spacing",
    ],
    [
      "unet.onnx",
      { outputs: [{ kind: "labels", name: "x", classes: ["a", "b"] }] as const },
      "unsupported",
      'the output "ct" has 1 channels (NCHW), not 2; say what each is by outputs',
    ],
    [
      "unet.onnx",
      { layout: "NHWC" as const },
      "unsupported",
      'the number of channels of "mr" [batch, 1, height, width] is not',
    ],
    ["unet.onnx", { multipleOf: 0.5 }, "invalid-argument", "multipleOf: must be a whole number"],
    ["unet.onnx", { target: Normalizer.percentile() }, "invalid-argument", "target: must be fitted"],
    [
      "unet.onnx",
      { inputs: [...HOW.inputs!, { name: "t2", normalizer: AS_IT_IS }] },
      "invalid-argument",
      "the model takes 1 input channel(s), the data gives 2 (mr, t2)",
    ],
  ] as const)("%s %o", async (name, options, kind, says) => {
    const error = await errorOf(fromOnnx(file(name), { name, ...HOW, ...options }));
    expect([error.kind, error.message]).toEqual([kind, expect.stringContaining(says)]);
  });

  test("bytes that are no ONNX file, or only a part of one", async () => {
    const whole = file("unet.onnx");
    const damaged = [new Uint8Array(0), new TextEncoder().encode("no ONNX file"), whole.subarray(0, 20_000)];
    for (const bytes of damaged) expect((await errorOf(fromOnnx(bytes, HOW))).kind).toBe("invalid-file");
  });

  test("every cut file", async () => {
    const whole = file("two-outputs.onnx");
    for (let length = 0; length < whole.length; length++)
      expect((await errorOf(splitOnnx(whole.subarray(0, length), "x"))).kind, `${length}`).toBe(
        "invalid-file",
      );
  });

  test("options that the file fixes can be read from the spec", () => {
    expect(OnnxModel().graph).toBeDefined();
    expect(OnnxModel.definition.trainable).toBe(false);
  });
});

/** A small network in a bundle, and an MR for it. */
async function ours(): Promise<{ readonly bundle: ModelBundle; readonly mr: Volume }> {
  const spec = UNet({ baseFilters: 4, levels: 3 });
  const target = Normalizer.window({ min: -1024, max: 3071 });
  const random = new Random(5);
  const mr = new Volume({
    shape: [37, 30, 5],
    data: Float32Array.from(
      { length: 37 * 30 * 5 },
      (_, i) => 100 * Math.sin(i / 50) ** 2 + 10 * random.next(),
    ),
    simulated: true,
  });
  const bundle: ModelBundle = {
    ...bundleOf({ spacing: [1, 1, 1] }),
    model: { name: spec.name, config: spec.config },
    weights: await trainedWeights(spec),
    preparation: definePreparation({
      inputs: [{ name: "mr" }],
      steps: usualSteps({ spacing: [1, 1, 1], inputs: { mr: Normalizer.percentile() }, target }),
      sampler: Slicer.slices({ size: [32, 32], fit: "tile" }),
    }).toJSON(),
    licence: "CC-BY-4.0",
  };
  return { bundle, mr };
}

describe.skipIf(NO_ONNXRUNTIME)(withOnnxRuntime("one synthetic CT"), () => {
  let bundle: ModelBundle;
  let mr: Volume;
  let reference: Volume;
  const sctOf = async (model: ModelBundle, backend: Backend | "auto") => {
    const synthesizer = new Synthesizer(model, { backend });
    const result = await synthesizer.run(mr);
    synthesizer.dispose();
    return result;
  };
  const furthest = (a: Volume, b: Volume) =>
    Math.max(...Array.from(a.data, (value, i) => Math.abs(value - b.data[i]!)));
  beforeAll(async () => {
    ({ bundle, mr } = await ours());
    reference = (await sctOf(bundle, cpu())).sct;
    const values = new Set(reference.data);
    expect(values.size).toBeGreaterThan(1000); // no flat image, in which anything would agree
  });

  test.each([
    ["wasm", wasm],
    ["onnx", onnx],
    ["onnx, one thread", () => onnx({ threads: 1 })],
    ["onnxruntime-web", () => onnx({ runtime: () => import("onnxruntime-web") })],
  ])("cpu and %s agree within 1 HU", async (_name, backend) => {
    const { sct } = await sctOf(bundle, backend());
    expect(furthest(sct, reference)).toBeLessThan(1);
    expect(sct.simulated).toBe(true);
  });

  test("auto takes ONNX Runtime, and says so", async () => {
    const { sct, backend, passedOver } = await sctOf(bundle, "auto");
    expect([backend, passedOver]).toEqual(["onnx", []]);
    expect(furthest(sct, reference)).toBeLessThan(1);
  });

  test("a file of exportOnnx has several outputs, by name", async () => {
    const spec = UNet({ baseFilters: 4, levels: 2, classes: ["air", "soft", "bone"] });
    const several = {
      ...bundle,
      model: { name: spec.name, config: spec.config },
      weights: await trainedWeights(spec),
    };
    const again = await fromOnnx(await exportOnnx(several));
    expect(OnnxModel(again.model.config as OnnxModelConfig).outputs).toEqual(
      JSON.parse(JSON.stringify(spec.outputs)),
    );
    const [ours, theirs] = [await sctOf(several, cpu()), await sctOf(again, onnx())];
    expect(furthest(theirs.sct, ours.sct)).toBeLessThan(1);
    const other = await fromOnnx(await exportOnnx(several)).then(
      ({ model }) => model.config as OnnxModelConfig,
    );
    expect(() => OnnxModel({ ...other, outputs: '[{"kind":"ct"}]' })).toThrow(
      "onnx: its outputs are not those of a recipe",
    );
  });

  test("a 3-D model on overlapping patches, as it is and from its ONNX file", async () => {
    const spec = UNet({ dims: 3, baseFilters: 4, levels: 2 });
    const sampler = Slicer.patches({ size: [4, 16, 12] }).toJSON();
    const volumes: ModelBundle = {
      ...bundle,
      model: { name: spec.name, config: spec.config },
      weights: await trainedWeights(spec),
      preparation: { ...bundle.preparation, sampler },
      background: { outside: "keep", margin: 0 },
    };
    const reference = (await sctOf(volumes, wasm())).sct;
    const largest = Math.max(...reference.values().map(Math.abs));
    expect(new Set(reference.data).size).toBeGreaterThan(1000);
    expect(furthest((await sctOf(volumes, onnx())).sct, reference) / largest).toBeLessThan(1e-5);
    const again = await fromOnnx(await exportOnnx(volumes));
    expect([again.preparation, OnnxModel(again.model.config as OnnxModelConfig).input]).toEqual([
      volumes.preparation,
      spec.input,
    ]);
    expect(furthest((await sctOf(again, onnx())).sct, reference) / largest).toBeLessThan(1e-5);
  });

  test("a file of exportOnnx says all that fromOnnx needs", async () => {
    const bytes = await exportOnnx(bundle);
    const { metadata } = await splitOnnx(bytes, "test");
    expect(metadata.disclaimer).toBe("Research software, not a medical device.");
    expect(metadata.licence).toBe("CC-BY-4.0");
    const again = await fromOnnx(bytes);
    expect([again.preparation, again.background, again.provenance, again.licence, again.metrics]).toEqual([
      bundle.preparation,
      bundle.background,
      bundle.provenance,
      bundle.licence,
      bundle.metrics,
    ]);
    expect(furthest((await sctOf(again, onnx())).sct, reference)).toBeLessThan(1);
    // And once more out and in: the graph and its weights stay the same.
    const twice = await fromOnnx(await exportOnnx(again));
    expect(twice.weights).toEqual(again.weights);
    expect(twice.model).toEqual(again.model);
  });
});
