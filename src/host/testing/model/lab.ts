import { throwIfAborted } from "../../../base/errors/index.ts";
import { Random } from "../../../base/random/index.ts";
import type { Backend, TensorSession } from "../../../networks/backends/index.ts";
import type { OpenLoss, Optimizer } from "../../../networks/learning/index.ts";
import { type NamedArrays, RunOptimizers } from "../../../networks/learning/index.ts";
import type { Batch, TrainBatch } from "../../../networks/models/index.ts";
import {
  defaultLoss,
  isTrainable,
  lendStep,
  type Model,
  type ModelFactory,
  type ModelSpec,
  type NamedLosses,
  type TrainableModel,
} from "../../../networks/models/index.ts";
import type { Dataset } from "../../../road/data/index.ts";
import { copyOf } from "../compare.ts";
import { tinyDataset } from "./data.ts";

/** What the checks of a model work on. */
export interface ModelLabOptions {
  readonly backend: Backend;
  readonly session: TensorSession;
  readonly spec: ModelSpec;
  /** None when a spec alone was given. */
  readonly factory?: ModelFactory;
  /** Height and width of samples. */
  readonly size: number;
  readonly learningSteps: number;
  readonly optimizer: Optimizer | Readonly<Record<string, Optimizer>>;
  readonly fixedWeights: readonly string[];
  readonly signal?: AbortSignal;
}

/** What happened in one step. */
export interface StepRecord {
  readonly losses: NamedLosses;
  /** Calls of `step.optimize` and of `step.loss`. */
  readonly calls: { readonly optimize: number; readonly loss: number };
}

/** Makes models the way that Trainer and Synthesizer do, and frees them after each check. */
export class ModelLab {
  readonly options: ModelLabOptions;
  readonly #open = new Set<{ dispose(): void }>();
  #dataset: Promise<Dataset> | undefined;

  constructor(options: ModelLabOptions) {
    this.options = options;
  }

  get spec(): ModelSpec {
    return this.options.spec;
  }

  /** Same inputs must give the same bits here, not just the same numbers up to rounding. */
  get exact(): boolean {
    return this.options.session.can.deterministic;
  }

  /** [D,] H, W of samples: `multiples` of the usual size along each axis. */
  size(...multiples: readonly number[]): readonly number[] {
    const depth = this.spec.input.dims === 3 ? [this.options.size] : [];
    const [h = 1, w = h] = multiples;
    return [...depth, h * this.options.size, w * this.options.size];
  }

  /** The smallest sample that the recipe says it takes. */
  get smallest(): readonly number[] {
    return Array(this.spec.input.dims).fill(this.spec.input.multipleOf);
  }

  async create(options: { readonly seed?: number; readonly weights?: NamedArrays } = {}): Promise<Model> {
    throwIfAborted(this.options.signal);
    const { session, spec } = this.options;
    const { seed = 0, weights } = options;
    session.seed(Random.fork(seed, "tf"));
    const model = await spec.create(session, { random: Random.fork(seed, "weights"), weights });
    this.#open.add(model);
    return model;
  }

  async createTrainable(seed = 0): Promise<TrainableModel | undefined> {
    const model = await this.create({ seed });
    return isTrainable(model) ? model : undefined;
  }

  /** The model's weights now, in memory of their own. */
  async weights(model: Model): Promise<NamedArrays> {
    return copyOf(await model.weights());
  }

  /** @param first the number that the first sample counts as, for models that draw */
  predict(model: Model, batch: Batch, first = 0): Promise<Batch> {
    throwIfAborted(this.options.signal);
    return model.predict(batch, {
      random: (n) => Random.fork(0, `predict/${first + n}`),
      signal: this.options.signal,
    });
  }

  /** A function that does steps on one model with optimizers of its own. */
  trainer(model: TrainableModel, seed = 0): (batch: TrainBatch, draw: number) => Promise<StepRecord> {
    const { session, optimizer } = this.options;
    const optimizers = new RunOptimizers(session, optimizer);
    this.#open.add(optimizers);
    let loss: OpenLoss | undefined;
    let index = 0;
    /** @param draw steps with the same number draw the same random numbers */
    return async (batch, draw) => {
      throwIfAborted(this.options.signal);
      const calls = { optimize: 0, loss: 0 };
      session.seed(Random.fork(seed, `tf/${draw}`));
      loss ??= await defaultLoss(this.spec.outputs).open(session);
      const now = lendStep({ optimizers, loss }, { index: index++, epoch: 0, rate: 1, seed });
      const named = await model.trainStep(batch, {
        ...now,
        random: Random.fork(seed, `step/${draw}`),
        optimize: (...given) => {
          calls.optimize++;
          return now.optimize(...given);
        },
        loss: (...given) => {
          calls.loss++;
          return now.loss(...given);
        },
      });
      return { losses: named, calls };
    };
  }

  /** Simulated heads for Trainer and Synthesizer, made when first asked for. */
  dataset(): Promise<Dataset> {
    this.#dataset ??= tinyDataset(this.spec, this.options.signal);
    return this.#dataset;
  }

  /** Tensors alive in the whole engine. */
  tensors(): Promise<number> {
    const { session } = this.options;
    return session.run(() => session.tensors.tf.memory().numTensors);
  }

  /** Frees all models and optimizers that are still alive. */
  async dispose(): Promise<void> {
    const owners = [...this.#open];
    this.#open.clear();
    for (const owner of owners) owner.dispose();
  }
}
