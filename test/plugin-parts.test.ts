/**
 * Every kind of part, written as a plugin's author would, from the public names alone: trained by the Trainer, stored, read and used by the
 * Synthesizer. None of them is named in src/.
 */
import { expect, test } from "vitest";
import {
  type Augmentation,
  assertFiniteLoss,
  type BatchSourceType,
  batchSources,
  decodeModel,
  defineNetwork,
  definePlugin,
  encodeModel,
  type Loss,
  modelPredictor,
  type Optimizer,
  option,
  type Predictor,
  parameter,
  pixelLoss,
  Registry,
  type Sampler,
  type SamplerType,
  type Schedule,
  Slicer,
  type StepType,
  Synthesizer,
  Trainer,
  Volume,
} from "../src/index.ts";
import { cpu } from "../src/networks/backends/cpu.ts";
import { discs } from "./support/toy-run.ts";

const used = new Set<string>();

/** A step: intensities to a power. */
const gamma: StepType = {
  type: "gamma",
  parse: (json) => ({
    type: "gamma",
    toJSON: () => json,
    async forward(subject) {
      used.add("step");
      const inputs = Object.entries(subject.inputs).map(([name, image]) => {
        const data = image.volume.values().map((v) => v ** Number(json.power));
        return [name, { ...image, volume: image.volume.with({ data }), own: true }] as const;
      });
      return { ...subject, inputs: Object.fromEntries(inputs) };
    },
  }),
};

/** A sampler: every slice of another one, last first. */
function lastFirst(): Sampler {
  const slices = Slicer.slices({ size: [12, 12] });
  return {
    type: "reversed",
    dims: slices.dims,
    axes: slices.axes,
    fixedSize: slices.fixedSize,
    channels: (images) => slices.channels(images),
    size: (shape) => slices.size(shape),
    covering() {
      return this;
    },
    grid: (shape) => [...slices.grid(shape)].reverse(),
    draw: (weights, random) => [...slices.draw(weights, random)].reverse(),
    cut(images, places, options) {
      used.add("sampler");
      return slices.cut(images, places, options);
    },
    assembler: (like, options) => slices.assembler(like, options),
    toJSON: () => ({ type: "reversed" }),
  };
}
const reversed: SamplerType = { type: "reversed", dims: 2, options: [], create: lastFirst, parse: lastFirst };

const smooth = (): Loss =>
  pixelLoss("smooth", {}, (tf, output, target) => {
    used.add("loss");
    return tf.sqrt(tf.add(tf.squaredDifference(output, target), 1e-3));
  });

/** The sign of each gradient. */
function signs({ learningRate = 0.01 }: { readonly learningRate?: number } = {}): Optimizer {
  let steps = 0;
  return {
    name: "signs",
    learningRate,
    toJSON: () => ({ name: "signs", learningRate }),
    withRate: (rate) => signs({ learningRate: rate }),
    create: ({ tensors: { tf } }) => ({
      async step(gradients, { loss, rate }) {
        used.add("optimizer");
        assertFiniteLoss(loss, ++steps);
        for (const { variable, gradient } of gradients)
          tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(tf.sign(gradient), rate * learningRate))));
        return { skipped: false };
      },
      state: async () => ({ tensors: {}, steps }),
      restore: (state) => {
        steps = state.steps;
      },
      dispose: () => undefined,
    }),
  };
}

const dither = (): Augmentation => ({
  name: "dither",
  toJSON: () => ({ name: "dither" }),
  apply(sample, random) {
    used.add("augmentation");
    const data = sample.input.data.map((v) => v + 0.01 * random.normal());
    return { ...sample, input: { ...sample.input, data } };
  },
});

/** A batch source: the pairs of another one, twice each. */
const twice: BatchSourceType = {
  name: "twice",
  open: (context) => ({
    async *epoch(n, { signal, from = 0 } = {}) {
      let left = from;
      for await (const batch of batchSources.paired.open(context).epoch(n, { signal })) {
        used.add("batch source");
        if (left-- <= 0) yield batch;
        if (left-- <= 0) yield batch;
      }
    },
  }),
};

/** A network: one convolution. It asks for the batch source by its name. */
const One = defineNetwork({
  name: "one",
  about: "one convolution",
  options: { side: option.choice([1, 3], { default: 3, about: "pixels a side that it sees" }) },
  samples: () => ({
    input: { channels: 1, dims: 2, multipleOf: 1 },
    outputs: [{ kind: "ct", name: "ct" }],
    batches: "twice",
  }),
  plan: ({ side }) => [parameter.he("weight", [side, side, 1, 1]), parameter.constant("bias", [1], 0)],
  forward(layers, weights, x) {
    used.add("network");
    return layers.convolution(x, weights.get("weight"), { bias: weights.get("bias") });
  },
});

/** A predictor: another one's CT, 100 HU higher. */
const raised = (of: Predictor): Predictor => ({
  inputs: of.inputs,
  facts: of.facts,
  async predict(inputs, how) {
    used.add("predictor");
    const prediction = await of.predict(inputs, how);
    const { ct } = prediction.outputs;
    if (ct?.kind !== "ct") throw new Error("no CT");
    const volume = ct.volume.with({ data: ct.volume.values().map((v) => v + 100) });
    return { ...prediction, outputs: { ...prediction.outputs, ct: { ...ct, volume } } };
  },
  dispose: () => of.dispose(),
});

/** Half the rate. */
const halved = (): Schedule => ({
  name: "halved",
  endsWithRun: false,
  toJSON: () => ({ name: "halved" }),
  rate() {
    used.add("schedule");
    return 0.5;
  },
});

const plugin = definePlugin({
  name: "every-kind",
  models: { one: One },
  losses: { smooth },
  optimizers: { signs },
  schedules: { halved },
  augmentations: { dither },
  batchSources: { twice },
  steps: { gamma },
  samplers: { reversed },
});

test("a step, a sampler, a loss, an optimizer, an augmentation, a batch source, a network and a predictor of a plugin", async () => {
  const registry = new Registry([plugin]);
  const trainer = new Trainer({
    model: registry.model("one")(),
    backend: cpu(),
    sampler: lastFirst(),
    steps: [gamma.parse({ type: "gamma", power: 0.5 })],
    loss: registry.loss("smooth"),
    optimizer: registry.optimizer("signs", { options: { learningRate: 0.02 } }),
    schedule: registry.schedule("warmup", { options: { steps: 2, into: "halved" } }),
    augmentations: [dither()],
    batches: twice,
    batchSize: 3,
    epochs: 4,
  });
  const losses: number[] = [];
  for await (const event of trainer.fit(discs)) if (event.type === "epoch") losses.push(event.loss);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  const bundle = decodeModel(encodeModel(trainer.result()));
  expect(bundle.preparation.steps.map(({ type }) => type)).toContain("gamma");
  expect(bundle.preparation.sampler).toEqual({ type: "reversed" });

  const mr = await discs.validation[0]!.inputs.mr!.load();
  const options = { backend: cpu(), plugins: [plugin] };
  const plain = new Synthesizer(bundle, options);
  const higher = new Synthesizer(raised(modelPredictor(bundle, options)));
  const how = { outside: "keep", allowPhantomModel: true } as const; // the discs do not say that they are simulated
  const [{ sct }, { sct: up }] = [await plain.run(mr, how), await higher.run(mr, how)];
  expect(up.values()[70]! - sct.values()[70]!).toBeCloseTo(100, 2);
  plain.dispose();
  higher.dispose();
  expect([...used].sort()).toEqual([
    "augmentation",
    "batch source",
    "loss",
    "network",
    "optimizer",
    "predictor",
    "sampler",
    "schedule",
    "step",
  ]);
  expect(() => new Synthesizer(bundle, { backend: cpu() })).toThrow(
    /unknown (step "gamma"|model "one"|sampler)/,
  );
  expect(Volume.is(sct)).toBe(true);
});
