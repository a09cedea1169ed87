import { version } from "../../../package.json";
import { assert, fail, orNearest } from "../../base/errors/index.ts";
import { CONTRASTS, type ContrastName } from "../../imaging/phantom/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { Json } from "../../networks/learning/index.ts";
import { augmentations, type Dataset, phantomDataset } from "../../road/data/index.ts";
import { encodeModel } from "../../road/model-file/index.ts";
import { Registry } from "../../road/plugin/index.ts";
import {
  type EpochRecord,
  memoryRunStore,
  type RunStore,
  type Steering,
  TRAIN_OPTIONS,
  type TrainConfig,
  type TrainEvent,
  Trainer,
} from "../../road/training/index.ts";
import {
  encodeRunConfig,
  jsonBytes,
  LOG_LINES,
  LOG_TABLE,
  lineText,
  nextRecord,
  opfsRunStore,
  optionsFromData,
  PREVIEWS,
  pathOf,
  previewName,
  previewPng,
  RUN_CONFIG,
  RUN_METRICS,
  RUN_RECORD,
  remembered,
  samplerOf,
  type TrainSettings,
  tableOf,
  trainerValues,
  type UntimedLine,
} from "../runs/index.ts";
import type { GivenFile } from "./file-shelf.ts";
import { pairedDataset } from "./paired-files.ts";
import type { WorkerTrainEvent, WorkerTrainingOptions } from "./training-task.ts";

/** Settings that have no meaning here, by the reason. */
const NOT_HERE: Readonly<Record<string, string>> = {
  backend: "the worker's backend computes: give it to openWorker",
  threads: "samples are cut in the worker itself",
  from: "a worker begins with random weights",
  biasField: "a worker takes the MR as they are",
  folds: "a worker trains one model",
};

/** Models and data by name, opened for training in a worker; what is kept of it lies in OPFS or in memory. */
export class TrainingRun {
  readonly #settings: TrainSettings;
  readonly #dataset: Dataset;
  readonly #backend: Backend;
  readonly #registry: Registry;
  readonly #store: RunStore;
  readonly #previews: RunStore;
  #trainer: Trainer | undefined;
  #control: AbortController | undefined;
  #wanted: Steering = {};

  private constructor(
    settings: TrainSettings,
    dataset: Dataset,
    parts: { readonly backend: Backend; readonly registry: Registry; readonly run: string | undefined },
  ) {
    this.#settings = settings;
    this.#dataset = dataset;
    this.#backend = parts.backend;
    this.#registry = parts.registry;
    const path = parts.run === undefined ? undefined : pathOf(parts.run);
    this.#store = path === undefined ? memoryRunStore() : opfsRunStore(path);
    this.#previews = path === undefined ? memoryRunStore() : opfsRunStore(`${path}/${PREVIEWS}`);
  }

  /** @throws MidashError `invalid-argument`, `not-found` */
  static async open(
    {
      run,
      settings: given = {},
      files,
    }: Omit<WorkerTrainingOptions, "files"> & { readonly files?: readonly GivenFile[] },
    backend: Backend,
  ): Promise<TrainingRun> {
    const registry = new Registry();
    const settings = readSettings(given, registry);
    const { seed, split } = settings;
    const shares = Array.isArray(split) ? (split as readonly number[]) : undefined;
    const dataset = files ? await pairedDataset(files, { seed, split: shares }) : phantoms(settings);
    return new TrainingRun(settings, dataset, { backend, registry, run });
  }

  /** Trains; `onProgress` gets each event. */
  async fit({
    resume = false,
    onProgress = () => undefined,
  }: {
    readonly resume?: boolean;
    readonly onProgress?: (event: WorkerTrainEvent) => void;
  }): Promise<void> {
    assert(!this.#control, "it is trained already", { where: { call: "fit" } });
    const control = new AbortController();
    this.#control = control;
    this.#wanted = {};
    const unlock = await this.#store.lock?.().catch((error: unknown) => {
      this.#control = undefined;
      throw error;
    });
    try {
      await this.#train(resume, control.signal, onProgress);
    } finally {
      this.#control = undefined;
      await unlock?.();
    }
  }

  async stop(): Promise<void> {
    this.#wanted = { ...this.#wanted, stop: true };
  }

  async abort(): Promise<void> {
    this.#control?.abort();
  }

  async setLearningRate(learningRate: number): Promise<void> {
    this.#wanted = { ...this.#wanted, learningRate };
  }

  async model(): Promise<Uint8Array> {
    const kept = await this.#store.read("best.safetensors");
    if (kept) return kept;
    return this.#trainer
      ? encodeModel(this.#trainer.result())
      : fail("invalid-argument", "no epoch has ended yet", {
          where: { call: "model" },
          hint: "train it first",
        });
  }

  dispose(): void {
    this.#control?.abort();
  }

  async #train(resume: boolean, signal: AbortSignal, tell: (event: WorkerTrainEvent) => void): Promise<void> {
    const began = performance.now();
    // The lock is held here until everything is written, not only while the trainer works.
    const trainer = new Trainer(this.#options({ ...this.#store, lock: undefined }));
    this.#trainer = trainer;
    const steer = () => {
      const wanted = this.#wanted;
      this.#wanted = {};
      return Object.keys(wanted).length > 0 ? wanted : undefined;
    };
    try {
      for await (const event of trainer.fit(this.#dataset, { signal, resume, steer })) {
        if (event.type === "epoch") {
          const { example, ...rest } = event;
          const preview = example && (await previewPng(example, event.epoch));
          await this.#keepEpoch(event, trainer.history.at(-1)!, trainer.history, preview ?? undefined);
          tell({ ...rest, preview: preview ?? null });
        } else {
          if (event.type === "start") await this.#keepStart(event);
          if (event.type === "end") await this.#keepEnd(event, trainer, (performance.now() - began) / 1000);
          tell(event);
        }
        // Steps run without a pause: let in what the page asks for.
        if (event.type === "step") await new Promise((resolve) => setTimeout(resolve, 0));
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const began = (await this.#store.list().catch((): string[] => [])).includes(RUN_CONFIG);
      // A full storage takes no line either; the error itself is what counts.
      if (began)
        await this.#addLine({ type: signal.aborted ? "interrupted" : "failed", message }).catch(
          () => undefined,
        );
      throw error;
    }
  }

  /** As `midash train` makes them of the same settings, so that each goes on with the other's runs. */
  #options(store: RunStore): ConstructorParameters<typeof Trainer>[0] {
    const [settings, registry] = [this.#settings, this.#registry];
    const names = settings.inputs ?? [
      ...new Set(this.#dataset.train.flatMap(({ inputs }) => Object.keys(inputs))),
    ];
    const spec = (channels: number) => {
      const config = {
        ...settings.modelOptions,
        ...optionsFromData(registry.model(settings.model), channels),
      };
      return registry.spec({ name: settings.model, config: config as { readonly [name: string]: Json } }); // as checked by the model
    };
    const sampler = samplerOf(settings, spec(1), registry);
    const model = spec(sampler.channels(names.length));
    const values = trainerValues({ ...settings }, registry);
    return {
      model,
      backend: this.#backend,
      sampler,
      steps: [],
      batches: registry.batchSource(model.batches ?? "paired"),
      ...values,
      ...(settings.flip ? { augmentations: [augmentations.flip(), ...(values.augmentations ?? [])] } : {}),
      inputs: names,
      store,
      background: settings.outside && { outside: settings.outside },
    };
  }

  async #keepStart(start: Extract<TrainEvent, { type: "start" }>): Promise<void> {
    const { epoch, epochs, step, backend, parameters, cases } = start;
    if (step === 0)
      for (const store of [this.#previews]) for (const name of await store.list()) await store.remove(name);
    if (step === 0) for (const name of [LOG_LINES, LOG_TABLE]) await this.#store.remove(name);
    for (const name of [RUN_METRICS, "model.safetensors"]) await this.#store.remove(name); // it is not done any more
    await this.#store.write(RUN_CONFIG, encodeRunConfig(this.#settings));
    const before = await this.#store.read(RUN_RECORD);
    const record = nextRecord(
      start,
      { dataset: this.#dataset, model: this.#settings.model },
      { versions: { midash: version, node: null, tfjs: null }, git: null },
      before && new TextDecoder().decode(before),
    );
    await this.#store.write(RUN_RECORD, jsonBytes(record));
    await this.#addLine({ type: "start", epoch, epochs, step, backend, parameters, cases });
  }

  async #keepEpoch(
    { best }: Extract<TrainEvent, { type: "epoch" }>,
    record: EpochRecord,
    history: readonly EpochRecord[],
    preview: Uint8Array | undefined,
  ): Promise<void> {
    if (preview) await this.#previews.write(previewName(record.epoch), preview);
    await this.#addLine({ type: "epoch", best, ...record });
    await this.#store.write(LOG_TABLE, new TextEncoder().encode(tableOf(history)));
  }

  async #keepEnd(
    { reason, epochs, best }: Extract<TrainEvent, { type: "end" }>,
    trainer: Trainer,
    seconds: number,
  ): Promise<void> {
    await this.#addLine({ type: "end", reason, epochs });
    if (reason === "stopped") return;
    await this.#store.write("model.safetensors", encodeModel(trainer.result()));
    const { train, validation, test, name, simulated } = this.#dataset;
    const metrics = {
      schema: 1,
      command: "train",
      note: "Research software, not a medical device.",
      simulated,
      dataset: name,
      cases: { train: train.length, validation: validation.length, test: test.length },
      validation: best.validation && { ...best.validation, epoch: best.epoch },
      ...{ epochs, reason, seconds },
      settings: this.#settings,
      history: trainer.history,
    };
    await this.#store.write(RUN_METRICS, jsonBytes(metrics));
  }

  async #addLine(line: UntimedLine): Promise<void> {
    const before = (await this.#store.read(LOG_LINES)) ?? new Uint8Array();
    const after = new TextEncoder().encode(lineText(line));
    const all = new Uint8Array(before.length + after.length);
    all.set(before);
    all.set(after, before.length);
    await this.#store.write(LOG_LINES, all);
  }
}

/** @throws MidashError `invalid-argument` for what is no setting, or has no meaning here */
function readSettings(
  given: NonNullable<WorkerTrainingOptions["settings"]>,
  registry: Registry,
): TrainSettings {
  const { model = registry.models[0]!.name, modelOptions = {}, ...others } = given;
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(others)) {
    if (value === undefined) continue;
    const where = { call: "training", option: key };
    assert(!(key in NOT_HERE), "has no meaning in a worker", { where, hint: NOT_HERE[key] });
    const option = Object.hasOwn(TRAIN_OPTIONS, key)
      ? TRAIN_OPTIONS[key as keyof typeof TRAIN_OPTIONS]
      : undefined;
    if (!option)
      fail("invalid-argument", `unknown setting "${key}"`, {
        where: { call: "training" },
        hint: orNearest(key, Object.keys(TRAIN_OPTIONS)),
      });
    read[key] = option.read(value, key);
  }
  return { ...(read as Omit<TrainConfig, "model" | "modelOptions">), model, modelOptions };
}

/** Simulated heads, as `midash train phantom` makes them. */
function phantoms({ seed, inputs, subjects, phantomShape, phantomSpacing }: TrainSettings): Dataset {
  const [train, validation, test] = subjects ?? [12, 1, 2];
  const contrasts = inputs?.map((name) => {
    if (Object.hasOwn(CONTRASTS, name)) return name as ContrastName;
    return fail("invalid-argument", `the phantom has no "${name}"`, {
      where: { call: "training", option: "inputs" },
      hint: orNearest(name, Object.keys(CONTRASTS)),
    });
  });
  return remembered(
    phantomDataset({
      seed,
      subjects: { train, validation, test },
      contrasts,
      shape: phantomShape,
      spacing: phantomSpacing,
    }),
  );
}
