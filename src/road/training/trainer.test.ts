import { describe, expect, test } from "vitest";
import { discs } from "../../../test/support/toy-run.ts";
import { type Backend, cpu } from "../../networks/backends/index.ts";
import type { NamedArrays } from "../../networks/learning/index.ts";
import { losses } from "../../networks/learning/index.ts";
import {
  CycleGan,
  Diffusion,
  type ModelSpec,
  Pix2Pix,
  type TrainableModel,
  UNet,
} from "../../networks/models/index.ts";
import { augmentations, batchSources, type Case, Dataset } from "../data/index.ts";
import { decodeModel, decodeSafetensors, type ModelBundle } from "../model-file/index.ts";
import { biasField, Normalizer, Slicer } from "../preparation/index.ts";
import type { FitOptions } from "./fit-options.ts";
import type { TrainerOptions } from "./options.ts";
import { memoryRunStore, type RunStore } from "./run-store.ts";
import type { TrainEvent } from "./train-event.ts";
import { Trainer } from "./trainer.ts";
import type { Watch } from "./watch.ts";

const network = UNet({ baseFilters: 2, levels: 2 });
const base = {
  model: network,
  backend: cpu(),
  learningRate: 0.01,
  batchSize: 4,
  epochs: 3,
  seed: 5,
} satisfies TrainerOptions;

const names = (bundle: ModelBundle) => Object.keys(bundle.weights);

async function train(options: Partial<TrainerOptions> = {}, fitOptions: FitOptions = {}, on = discs) {
  const trainer = new Trainer({ ...base, ...options });
  const events: TrainEvent[] = [];
  for await (const event of trainer.fit(on, fitOptions)) events.push(event);
  return { trainer, events, epochs: events.flatMap((e) => (e.type === "epoch" ? [e] : [])) };
}

/** The bits of all weights by name. */
const bitsOf = (tensors: NamedArrays) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, [...new Int32Array(data.buffer)]]),
  );
const weightsOf = (bundle: ModelBundle) => bitsOf(bundle.weights);

describe("Trainer", () => {
  test("goes on from the weights of another run, and says whose they were", async () => {
    const first = (await train({ epochs: 6 })).trainer.result();
    const { trainer, epochs } = await train({ epochs: 1, learningRate: 1e-9, from: first });
    expect(epochs[0]!.validation!.value).toBeCloseTo(
      (first.metrics as { validation: { value: number } }).validation.value,
      2,
    );
    const { created, dataset, steps } = first.provenance;
    expect(trainer.result().provenance.from).toEqual({ created, dataset, steps });
    const store = memoryRunStore();
    await train({ epochs: 1, from: first, store });
    const resumed = await train({ epochs: 2, store }, { resume: true });
    expect(resumed.trainer.result().provenance.from).toEqual({ created, dataset, steps });
    expect(first.provenance.from).toBeUndefined();
    await expect(train({ model: UNet({ baseFilters: 3, levels: 2 }), from: first })).rejects.toThrow(
      /Trainer: from: holds weights of another unet: baseFilters is 2 in it, here \d+/,
    );
  });

  test("takes over the model's network, samples, steps and normalizers unless told otherwise", async () => {
    const first = (
      await train({
        epochs: 1,
        spacing: [2, 2, 2],
        sampler: Slicer.slices({ axis: "coronal", size: [8, 8], context: 1 }),
        model: UNet({ inChannels: 3, baseFilters: 2, levels: 2 }),
        normalizer: { input: Normalizer.zscore(), target: Normalizer.window({ min: -500, max: 500 }) },
        steps: [biasField({ iterations: 1 })],
        background: { outside: "keep" },
      })
    ).trainer.result();
    const { model: _, ...others } = base;
    const go = async (options: Partial<TrainerOptions>) => {
      const trainer = new Trainer({ ...others, epochs: 1, from: first, ...options });
      for await (const _ of trainer.fit(discs));
      return trainer.result();
    };
    const same = await go({});
    expect(same.model).toEqual(first.model);
    expect(same.preparation).toEqual(first.preparation);
    expect(same.background).toEqual(first.background);
    const otherwise = await go({
      spacing: [1, 1, 1],
      sampler: Slicer.slices({ size: [12, 12], context: 1 }),
      normalizer: { input: Normalizer.minmax() },
      steps: [],
    });
    expect(otherwise.preparation.steps.map(({ type }) => type)).toEqual(["orient", "spacing", "normalise"]);
    const [, spaced, normalised] = otherwise.preparation.steps as unknown as Record<string, unknown>[];
    expect(spaced!.spacing).toEqual([1, 1, 1]);
    expect(normalised).toMatchObject({ inputs: { mr: { type: "minmax" } } });
    expect(normalised!.targets).toEqual(
      (first.preparation.steps.at(-1) as unknown as Record<string, unknown>).targets,
    );
    const renamed = { ...first.preparation, inputs: [{ name: "t1" }] };
    await expect(go({ from: { ...first, preparation: { ...renamed, steps: [] } } })).rejects.toThrow(
      "Trainer: from: its steps are , not orient, spacing, normalise",
    );
    expect(() => new Trainer(others)).toThrow("model must be a ModelSpec");
  });

  test("the result says that images were simulated, also where only the images say so", async () => {
    const marked = (source: Case): Case => ({
      ...source,
      targets: { ct: { load: async () => (await source.targets!.ct!.load()).with({ simulated: true }) } },
    });
    const of = async (cases: readonly Case[]) =>
      (
        await train({ epochs: 1 }, {}, new Dataset({ train: cases, validation: [], test: [] }))
      ).trainer.result();
    expect((await of(discs.train)).provenance.trainedOn).toBe("patients");
    expect((await of(discs.train.map(marked))).provenance.trainedOn).toBe("phantoms");
  });

  const small = { baseFilters: 2, levels: 2 } as const;
  test.each([
    ["unet", UNet({ ...small, norm: "batch" }), "encoder.*"],
    ["unet, moving average", UNet(small), "encoder.0.*,output.bias"],
    ["pix2pix", Pix2Pix({ ...small, levels: 3, discriminatorFilters: 2 }), "decoder.*"],
    ["cyclegan", CycleGan({ ...small, levels: 3, discriminatorFilters: 2 }), "encoder.*"],
    ["diffusion", Diffusion({ ...small, steps: 2 }), "*.weight"],
  ] as [string, ModelSpec, string][])(
    "frozen weights stay as they were, bit for bit: %s",
    async (title, model, freeze) => {
      const ema = title.includes("average") ? 0.9 : 0;
      const first = (
        await train({ model, epochs: 1, sampler: Slicer.slices({ size: [16, 16] }) })
      ).trainer.result();
      const store = memoryRunStore();
      const patterns = freeze.split(",");
      const options = { model, from: first, freeze: patterns, ema, store };
      const { trainer } = await train({ ...options, epochs: 1 });
      const again = await train({ ...options, epochs: 2 }, { resume: true });
      const isFrozen = (name: string) =>
        patterns.some((one) =>
          new RegExp(`^${one.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(name),
        );
      const before = weightsOf(first);
      expect(names(first).some(isFrozen)).toBe(true);
      for (const bundle of [trainer.result(), again.trainer.result()]) {
        const after = weightsOf(bundle);
        for (const name of names(first))
          if (isFrozen(name)) expect([name, after[name]]).toEqual([name, before[name]]);
        expect(
          names(first).some((name) => !isFrozen(name) && String(after[name]) !== String(before[name])),
        ).toBe(true);
        expect(bundle.provenance.settings).toMatchObject({ freeze: patterns });
      }
      await expect(train({ ...options, freeze: [], epochs: 3 }, { resume: true })).rejects.toThrow(
        "freeze was",
      );
    },
  );

  test("freezing what is no weight, or all of them, is refused; and a model that moves frozen ones", async () => {
    await expect(train({ freeze: ["encode.*"] })).rejects.toThrow(
      'Trainer: freeze: "encode.*" is the name of no weight of this unet; its weights are decoder.*, encoder.*, output.*, up.*, e.g. encoder.0.0.weight',
    );
    await expect(train({ freeze: ["*"] })).rejects.toThrow("freezes all weights");
    const careless: ModelSpec = {
      ...network,
      create: (session, { frozen: _, ...options }) => network.create(session, options),
    };
    await expect(train({ model: careless, freeze: ["encoder.*"] })).rejects.toThrow(
      'unet: changed the weight "encoder.0.0.weight", which is frozen',
    );
  });

  test("learns: loss and validation MAE fall, events come in order", async () => {
    const { events, epochs, trainer } = await train({ epochs: 12 });
    expect(events[0]).toMatchObject({
      type: "start",
      cases: 2,
      epoch: 0,
      epochs: 12,
      backend: "cpu",
      spacing: [1, 1, 1],
      size: [12, 12],
    });
    // 6 slices in batches of 4: two steps, then the epoch, twelve times.
    const middle = Array.from({ length: 12 }, () => ["step", "step", "epoch"]).flat();
    expect(events.map((e) => e.type)).toEqual(["start", ...middle, "end"]);
    expect(events.flatMap((e) => (e.type === "step" ? [e.step] : []))).toEqual(
      Array.from({ length: 24 }, (_, i) => i + 1),
    );
    expect(epochs.at(-1)!.loss).toBeLessThan(0.7 * epochs[0]!.loss);
    const best = Math.min(...epochs.map((e) => e.validation!.value));
    expect(best).toBeLessThan(0.8 * epochs[0]!.validation!.value);
    expect(events.at(-1)).toMatchObject({
      type: "end",
      reason: "finished",
      epochs: 12,
      best: { validation: { name: "MAE", unit: "HU", value: best } },
    });
    expect(trainer.history.map((h) => h.validation)).toEqual(epochs.map((e) => e.validation));
    const bundle = trainer.result();
    expect(bundle.provenance).toMatchObject({
      dataset: "discs",
      trainedOn: "phantoms",
      seed: 5,
      backend: "cpu",
    });
    expect(bundle.metrics).toMatchObject({ validation: { name: "MAE", unit: "HU", value: best, cases: 1 } });
  });

  test("the same seed gives the same bits, another seed others", async () => {
    const [a, b, c] = [await train(), await train(), await train({ seed: 6 })];
    expect(weightsOf(b.trainer.result())).toEqual(weightsOf(a.trainer.result()));
    expect(weightsOf(c.trainer.result())).not.toEqual(weightsOf(a.trainer.result()));
  });

  test.each(["instance", "batch"] as const)(
    "a resumed run equals an unbroken one bit for bit (%s norm)",
    async (norm) => {
      const model = UNet({ baseFilters: 2, levels: 2, norm });
      const options = { model, epochs: 4, augmentations: [augmentations.flip()] };
      const whole = memoryRunStore();
      const unbroken = await train({ ...options, store: whole });
      const broken = memoryRunStore();
      const trainer = new Trainer({ ...base, ...options, store: broken });
      // Torn off in the middle of the third epoch.
      for await (const event of trainer.fit(discs)) if (event.type === "step" && event.step === 5) break;
      const resumed = await train({ ...options, store: broken }, { resume: true });
      expect(resumed.events[0]).toMatchObject({ type: "start", epoch: 2 });
      expect(resumed.epochs.map((e) => e.epoch)).toEqual([3, 4]);
      expect(resumed.epochs.map((e) => [e.loss, e.validation])).toEqual(
        unbroken.epochs.slice(2).map((e) => [e.loss, e.validation]),
      );
      const last = async (store: RunStore) =>
        bitsOf(decodeSafetensors((await store.read("last.safetensors"))!).tensors);
      expect(await last(broken)).toEqual(await last(whole));
      expect(resumed.trainer.history.length).toBe(4);
      expect(weightsOf(resumed.trainer.result())).toEqual(weightsOf(unbroken.trainer.result()));
    },
  );

  test("a checkpoint of other settings is refused, and none at all starts anew", async () => {
    const store = memoryRunStore();
    await train({ epochs: 1, store }, { resume: true });
    for (const [other, difference] of [
      [{ seed: 1 }, "seed was 5, now 1"],
      [{ batchSize: 3 }, "batchSize was 4, now 3"],
      [{ loss: losses.l2() }, 'loss.name was "l1", now "l2"'],
      [
        { spacing: [2, 2, 2] },
        "preparation.steps.spacing.spacing was [1,1,1], now [2,2,2]; preparation.sampler.size was [12,12], now [6,6]",
      ],
      [{ model: UNet({ baseFilters: 4, levels: 2 }) }, "model.config.baseFilters was 2, now 4"],
    ] as const)
      await expect(train({ epochs: 2, store, ...other }, { resume: true })).rejects.toThrow(
        `last.safetensors: the checkpoint belongs to a run with other settings: ${difference}; resume with the same`,
      );
    // More epochs are no other setting.
    expect((await train({ epochs: 2, store }, { resume: true })).epochs.map((e) => e.epoch)).toEqual([2]);
  });

  test("what a model keeps beyond its weights goes into the checkpoint and back", async () => {
    const counting = (log: number[]): TrainerOptions["model"] => ({
      ...base.model,
      async create(session, options): Promise<TrainableModel> {
        const model = await network.create(session, options);
        let count = 0;
        return {
          predict: (batch, options) => model.predict(batch, options),
          weights: () => model.weights(),
          dispose: () => model.dispose(),
          trainStep(batch, step) {
            log.push(++count);
            return model.trainStep(batch, step);
          },
          state: async () => ({
            tensors: { pool: { data: Float32Array.of(count), shape: [1] } },
            json: { count },
          }),
          async restore({ tensors, json }) {
            count = (json as { count: number }).count;
            expect(tensors.pool?.data[0]).toBe(count);
          },
        };
      },
    });
    const store = memoryRunStore();
    const log: number[] = [];
    await train({ model: counting(log), epochs: 1, store });
    await train({ model: counting(log), epochs: 2, store }, { resume: true });
    expect(log).toEqual([1, 2, 3, 4]);
  });

  test("wrong options are told before any work", () => {
    const wrong = (options: object) => () => new Trainer({ ...base, ...options } as TrainerOptions);
    expect(wrong({ epoch: 3 })).toThrow('Trainer: unknown option "epoch"; did you mean "epochs"?');
    expect(wrong({ backend: cpu })).toThrow("backend must be a Backend; e.g. wasm(), called");
    expect(wrong({ model: UNet })).toThrow("model must be a ModelSpec");
    expect(wrong({ model: { ...base.model, batches: "triples" } })).toThrow(
      'Trainer: unet learns from batches of the source "triples", which does not ship; give it as batches',
    );
    expect(wrong({ model: UNet({ dims: 3 }) })).toThrow(
      "Trainer: unet takes 3-D samples, and slices are 2-D; give it Slicer.patches(...)",
    );
  });

  test("a backend that can't train is refused, with its reason", async () => {
    const why = async (whyNotTrain?: string) => {
      const backend: Backend = {
        ...cpu(),
        async open() {
          const session = await cpu().open();
          return { ...session, can: { ...session.can, train: false, whyNotTrain } };
        },
      };
      const before = (await cpu().open()).tensors.tf.memory().numTensors;
      const error = await train({ backend }).catch((e: Error) => e);
      expect((await cpu().open()).tensors.tf.memory().numTensors).toBe(before);
      return (error as Error).message;
    };
    expect(await why("its gradients of conv3d are wrong")).toBe(
      "cpu: can't be trained on: its gradients of conv3d are wrong; train on wasm, which runs everywhere",
    );
    expect(await why()).toBe("cpu: can't be trained on; train on wasm, which runs everywhere");
  });

  test("the store holds the best weights as a model file", async () => {
    const store = memoryRunStore();
    const { trainer } = await train({ store });
    expect(await store.list()).toEqual(["best.safetensors", "last.safetensors"]);
    const read = decodeModel((await store.read("best.safetensors"))!);
    expect(weightsOf(read)).toEqual(weightsOf(trainer.result()));
  });

  test("early stopping: no better for `patience` epochs", async () => {
    // With so small a rate nothing changes visibly after the first epoch; l1 on a frozen model cannot improve.
    const { events, epochs } = await train({
      learningRate: 1e-30,
      epochs: 20,
      patience: 2,
    });
    expect(epochs.map((e) => e.best)).toEqual([true, false, false]);
    expect(events.at(-1)).toMatchObject({
      type: "end",
      reason: "early stopping",
      epochs: 3,
      best: { epoch: 1 },
    });
    const never = await train({ learningRate: 1e-30, epochs: 4, patience: 0 });
    expect(never.epochs.length).toBe(4);
  });

  test("a signal ends the run; what was finished stays", async () => {
    const controller = new AbortController();
    const store = memoryRunStore();
    const trainer = new Trainer({ ...base, store });
    const seen: string[] = [];
    const run = async () => {
      for await (const event of trainer.fit(discs, { signal: controller.signal })) {
        seen.push(event.type);
        if (event.type === "epoch") controller.abort();
      }
    };
    await expect(run()).rejects.toMatchObject({ name: "MidashError", kind: "aborted" });
    expect(seen).toEqual(["start", "step", "step", "epoch"]);
    expect(trainer.result().provenance.epochs).toBe(1);
    await expect(train({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
  });

  test("no tensor is left behind: finished, torn off, failed", async () => {
    const session = await cpu().open();
    const count = () => session.tensors.tf.memory().numTensors;
    await train({ epochs: 1 });
    const before = count();
    await train({ epochs: 1 });
    for await (const event of new Trainer(base).fit(discs)) if (event.type === "step") break;
    await expect(train({ learningRate: 1e30, epochs: 3 })).rejects.toThrow(/loss became/);
    expect(count()).toBe(before);
    session.close();
  });

  test.each<[string, Partial<TrainerOptions>, RegExp]>([
    ["a negative learning rate", { learningRate: -1 }, /learningRate must be a number above 0, got -1/],
    ["half a batch", { batchSize: 0.5 }, /batchSize must be a whole number, 1 or more, got 0.5/],
    ["no epochs", { epochs: 0 }, /epochs must be a whole number, 1 or more, got 0/],
    [
      "an augmentation twice",
      { augmentations: [augmentations.flip(), augmentations.flip({ axis: "y" })] },
      /name each once/,
    ],
    ["a metric by its name", { watch: "psnr" as never }, /watch must be a Watch/],
    ["a loss that is none", { loss: "l3" as never }, /loss must be a Loss/],
    [
      "an unknown schedule",
      { schedule: "steps" as never },
      /schedule must be a Schedule; e\.g\. schedules\.cosine\(\), called/,
    ],
  ])("%s is refused by the constructor", (_what, options, message) => {
    expect(() => new Trainer({ ...base, ...options })).toThrow(message);
  });

  test("a size that the network can't halve, missing channels, a target not in HU", async () => {
    await expect(train({ sampler: Slicer.slices({ size: [11, 12] }) })).rejects.toThrow(
      /11×12 is no multiple of 2/,
    );
    await expect(train({ model: UNet({ inChannels: 2, levels: 2 }) })).rejects.toThrow(
      /takes 2 input channel/,
    );
    const [good] = discs.train;
    const mr = { ...good!, targets: { ct: good!.inputs.mr! } };
    const wrong = new Dataset({ train: [mr], validation: [], test: [] });
    await expect(train({}, {}, wrong)).rejects.toThrow(/case 0: the target's unit is "arbitrary", not HU/);
  });

  test("no result before the first epoch", () => {
    expect(() => new Trainer(base).result()).toThrow(/no epoch has ended yet/);
  });

  test("watches another metric: it decides the best epoch, and every record names it", async () => {
    let epoch = 0;
    const values = [3, 5, 4];
    const watch: Watch = {
      name: "likeness",
      unit: "",
      better: "higher",
      of: (sct, ct, mask) => {
        expect([sct.unit, sct.shape, mask.shape]).toEqual(["HU", ct.shape, ct.shape]);
        return values[epoch++]!;
      },
    };
    const { trainer, epochs, events } = await train({ watch });
    const at = (value: number) => ({ name: "likeness", unit: "", value });
    expect(epochs.map((e) => [e.best, e.validation])).toEqual([
      [true, at(3)],
      [true, at(5)],
      [false, at(4)],
    ]);
    expect(trainer.history.map((h) => h.validation)).toEqual(values.map(at));
    expect(events.at(-1)).toMatchObject({ best: { epoch: 2, validation: at(5) } });
    expect(trainer.result().metrics).toEqual({ validation: { ...at(5), cases: 1 } });
  });

  test("model files say how they were trained, augmentations among it", async () => {
    const { trainer } = await train({
      epochs: 1,
      stepsPerEpoch: 1,
      augmentations: [augmentations.flip(), augmentations.intensity({ gain: 0.2 })],
    });
    expect(trainer.result().provenance.settings).toMatchObject({
      augmentations: [
        { name: "flip", axis: "x" },
        { name: "intensity", gain: 0.2, gamma: 0.1 },
      ],
      optimizer: { name: "adam", learningRate: 0.01 },
      batches: "paired",
      batchSize: 4,
      stepsPerEpoch: 1,
      watch: "MAE",
    });
  });

  test("unpaired: cases of inputs alone and of targets alone, resumed bit for bit", async () => {
    const [a, b] = discs.train as [Case, Case];
    const halves = new Dataset({
      train: [
        { id: "inputs of a", inputs: a.inputs },
        { id: "targets of a", inputs: {}, targets: a.targets },
        { id: "targets of b", inputs: {}, targets: b.targets },
      ],
      validation: discs.validation,
      test: [],
    });
    const options = { batches: batchSources.unpaired, batchSize: 1, augmentations: [augmentations.flip()] };
    const [whole, broken] = [memoryRunStore(), memoryRunStore()];
    const { events } = await train({ ...options, store: whole }, {}, halves);
    expect(events.filter(({ type }) => type === "step")).toHaveLength(3 * 3); // each input once an epoch
    const trainer = new Trainer({ ...base, ...options, store: broken });
    for await (const event of trainer.fit(halves)) if (event.type === "step" && event.step === 5) break;
    await train({ ...options, store: broken }, { resume: true }, halves);
    const last = async (store: RunStore) =>
      bitsOf(decodeSafetensors((await store.read("last.safetensors"))!).tensors);
    expect(await last(broken)).toEqual(await last(whole));
    await expect(train({}, {}, halves)).rejects.toThrow(
      /case (inputs|targets) of .: has no (target CT|input)/,
    );
  });

  test("inputs that a case may lack: the model file says so, and they are dropped at random", async () => {
    const two = (source: Case, both: boolean): Case => ({
      ...source,
      inputs: { t1: source.inputs.mr!, ...(both ? { t2: source.inputs.mr! } : {}) },
    });
    const [a, b] = discs.train as [Case, Case];
    const dataset = new Dataset({
      train: [two(a, false), two(b, true)],
      validation: [two(a, true)],
      test: [],
    });
    const model = UNet({ baseFilters: 2, levels: 2, inChannels: 2 });
    const options = { model, epochs: 2, inputs: ["t1", "t2"], augmentations: [augmentations.dropInputs()] };
    const { trainer, epochs } = await train({ ...options, optionalInputs: ["t2"] }, {}, dataset);
    expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss);
    expect(trainer.result().preparation.inputs).toEqual([{ name: "t1" }, { name: "t2", optional: true }]);
    await expect(train(options, {}, dataset)).rejects.toThrow(/has no input "t2"|no input is optional/);
    await expect(train({ ...options, optionalInputs: ["t3"] }, {}, dataset)).rejects.toThrow(
      'Trainer: the optional input "t3" is none of the inputs; inputs are t1, t2',
    );
  });

  test("without validation cases the last epoch counts", async () => {
    const { trainer, epochs } = await train(
      { epochs: 2 },
      {},
      new Dataset({ train: discs.train, validation: [], test: [] }),
    );
    expect(epochs.map((e) => [e.best, e.validation])).toEqual([
      [true, null],
      [true, null],
    ]);
    expect(trainer.result().provenance.epochs).toBe(2);
  });
});
