import type { Session } from "../backends/index.ts";
import { assert, fail, throwIfAborted } from "../errors/index.ts";
import { isTrainable, type NamedArrays, type NamedLosses, type TrainableModel } from "../models/index.ts";
import { Random } from "../random/index.ts";
import { type ModelBundle, openModel, type Plan, predictVolume, stepsOf } from "../synthesis/index.ts";
import { epochOf } from "./batches.ts";
import { CaseCache } from "./case-cache.ts";
import type { Checkpoint, EpochRecord } from "./checkpoint.ts";
import type { Dataset } from "./dataset.ts";
import { Optimizers } from "./optimizers.ts";
import { type ResolvedOptions, resolveOptions, type TrainerOptions } from "./options.ts";
import type { PreparedCase } from "./prepare-case.ts";
import { RunFiles } from "./run-files.ts";
import { fingerprintOf, makePlan, scheduleRate } from "./run-plan.ts";
import type { TrainEvent } from "./train-event.ts";

/** Resumed from nothing. */
const ANEW = { checkpoint: undefined, warnings: [] } as const;

/** Options of {@link Trainer.fit}. */
export interface FitOptions {
  /** Checked before every step. The last whole epoch stays in the store. */
  readonly signal?: AbortSignal;
  /** Go on from the store's checkpoint, if it has one. Default false: start anew. */
  readonly resume?: boolean;
}

/**
 * Trains a model on a dataset. After each epoch whole validation volumes are synthesised and scored, and the store
 * gets a checkpoint; the weights with the lowest validation MAE are the result.
 *
 * @example
 * const trainer = new Trainer({ model: UNet(), backend: wasm() });
 * for await (const event of trainer.fit(dataset)) if (event.type === "epoch") log(event.validation.mae);
 * const bundle = trainer.result();
 */
export class Trainer {
  readonly #options: ResolvedOptions;
  #result: ModelBundle | undefined;
  #history: readonly EpochRecord[] = [];

  /** @throws MidashError `invalid-argument` */
  constructor(options: TrainerOptions) {
    this.#options = resolveOptions(options);
  }

  /** The best weights so far as a model file's content. @throws MidashError when no epoch has ended yet */
  result(): ModelBundle {
    assert(this.#result, "no epoch has ended yet", "Trainer.result", "run fit to its end first");
    return this.#result;
  }

  /** One record per epoch done. */
  get history(): readonly EpochRecord[] {
    return this.#history;
  }

  /**
   * Trains, and tells of each step and epoch as it is done. Stop by `signal` or by leaving the loop: epochs done stay in the store.
   *
   * @throws MidashError `invalid-argument` when the data, the model and the options do not fit; `aborted`
   */
  async *fit(dataset: Dataset, fitOptions: FitOptions = {}): AsyncGenerator<TrainEvent> {
    const { signal } = fitOptions;
    throwIfAborted(signal);
    const plan = await makePlan(this.#options, dataset, signal);
    const files = await RunFiles.open(this.#options.store);
    try {
      yield* this.#train(dataset, plan, files, fitOptions);
    } finally {
      await files.close();
    }
  }

  async *#train(
    dataset: Dataset,
    plan: Plan,
    files: RunFiles,
    { signal, resume = false }: FitOptions,
  ): AsyncGenerator<TrainEvent> {
    const options = this.#options;
    const fingerprint = fingerprintOf(options, plan, dataset);
    const { checkpoint: before, warnings } = resume ? await files.resume(fingerprint) : ANEW;
    this.#result = before?.result;

    const { session, model } = await openTrainable(options, before?.weights);
    const optimizers = new Optimizers(session, options.optimizer);
    const cache = new CaseCache(plan, options.cacheBytes);
    let { epoch, step, best }: Pick<Checkpoint, "epoch" | "step" | "best"> = before ?? {
      epoch: 0,
      step: 0,
      best: { epoch: 0, mae: null },
    };
    this.#history = before?.history ?? [];
    try {
      if (before) {
        if (before.model) await model.restore?.(before.model);
        await optimizers.restore(before.optimizers);
      }
      yield {
        type: "start",
        cases: dataset.train.length,
        epoch,
        epochs: options.epochs,
        backend: session.backend,
        parameters: countParameters(await model.weights()),
        spacing: plan.spacing,
        size: plan.slicer.size ?? [],
        warnings,
      };
      let reason: "finished" | "early stopping" = "finished";
      while (epoch < options.epochs) {
        if (epoch - best.epoch >= options.patience) {
          reason = "early stopping";
          break;
        }
        const started = performance.now();
        const sums: Record<string, number> = {};
        let steps = 0;
        let rate = 1;
        for await (const batch of epochOf(dataset.train, cache, plan.slicer, {
          ...options,
          epoch,
          groupBytes: options.cacheBytes,
          signal,
        })) {
          throwIfAborted(signal);
          // The share of the epoch that is done is known only when its number of steps is.
          rate = scheduleRate(options, epoch + steps / options.stepsPerEpoch);
          const now = optimizers.step({ index: step, epoch, rate, seed: options.seed }, options.loss);
          session.seed(Random.fork(options.seed, `tf/${step}`));
          const losses = await model.trainStep(batch, now);
          for (const [name, loss] of Object.entries(losses)) {
            assert(
              Number.isFinite(loss),
              `trainStep gave ${name} = ${loss}, not a finite number`,
              options.model.name,
            );
            sums[name] = (sums[name] ?? 0) + loss;
          }
          assert("loss" in sums, "trainStep gave no loss", options.model.name, "return { loss, ... }");
          steps++;
          step++;
          yield { type: "step", epoch: epoch + 1, step, loss: losses.loss, losses };
        }
        assert(
          steps > 0,
          "no slice of the training part has anything to learn from",
          dataset.name,
          "check the masks",
        );
        epoch++;
        const mae = await this.#validate(model, dataset, cache, plan, signal);
        const losses = meansOf(sums, steps);
        const improved = best.mae === null || mae === null || mae < best.mae;
        if (improved) best = { epoch, mae };
        const seconds = (performance.now() - started) / 1000;
        const learningRate = rate * options.optimizer.learningRate;
        const record = { epoch, loss: losses.loss, losses, validationMae: mae, learningRate, seconds };
        this.#history = [...this.#history, record];
        const weights = await model.weights();
        if (improved || !this.#result)
          this.#result = this.#bundle(weights, plan, dataset, session, { epoch, step, best });
        await files.save({
          weights,
          model: (await model.state?.()) ?? null,
          optimizers: await optimizers.state(),
          epoch,
          step,
          best,
          result: this.#result,
          history: this.#history,
          fingerprint,
        });
        yield {
          type: "epoch",
          epoch,
          epochs: options.epochs,
          loss: losses.loss,
          losses,
          validation: { mae },
          best: improved,
          seconds,
        };
      }
      yield { type: "end", reason, epochs: epoch, best };
    } finally {
      optimizers.dispose();
      model.dispose();
      session.close();
    }
  }

  /** Mean over validation cases of the MAE in HU over their scored voxels; null without cases. */
  async #validate(
    model: TrainableModel,
    dataset: Dataset,
    cache: CaseCache,
    plan: Plan,
    signal: AbortSignal | undefined,
  ): Promise<number | null> {
    const { batchSize, seed } = this.#options;
    const errors: number[] = [];
    for (const source of dataset.validation) {
      const prepared = await cache.get(source, signal);
      const sct = await predictVolume(model, this.#options.model.input, prepared.inputs, plan, {
        batchSize,
        seed,
        signal,
      });
      errors.push(scoredMae(sct.values(), prepared));
    }
    return errors.length > 0 ? errors.reduce((a, b) => a + b, 0) / errors.length : null;
  }

  #bundle(
    weights: NamedArrays,
    plan: Plan,
    dataset: Dataset,
    session: Session,
    at: Pick<Checkpoint, "epoch" | "step" | "best">,
  ): ModelBundle {
    const { model, background, licence, seed, lossName, optimizer, schedule, batchSize, stepsPerEpoch } =
      this.#options;
    return {
      schema: 1,
      model: { name: model.name, config: model.config },
      preprocess: stepsOf(plan),
      background,
      weights,
      provenance: {
        library: "@midash/core",
        created: new Date().toISOString(),
        dataset: dataset.name,
        simulated: dataset.simulated,
        cases: dataset.train.length,
        seed,
        backend: session.backend,
        epochs: at.epoch,
        steps: at.step,
        settings: {
          loss: lossName,
          optimizer: { name: "adam", ...optimizer, clipNorm: finite(optimizer.clipNorm) },
          schedule,
          batchSize,
          stepsPerEpoch: finite(stepsPerEpoch),
        },
      },
      metrics:
        at.best.mae === null
          ? {}
          : { validation: { mae: at.best.mae, unit: "HU", cases: dataset.validation.length } },
      licence,
    };
  }
}

/** The model in a session of its own, ready to learn. */
async function openTrainable(options: ResolvedOptions, weights: NamedArrays | undefined) {
  const random = Random.fork(options.seed, "weights");
  const { session, model } = await openModel(options.model, options.backend, { random, weights });
  if (isTrainable(model)) return { session, model };
  model.dispose();
  session.close();
  return fail("unsupported", "this model can only be asked, it has no trainStep", options.model.name);
}

/** Means over an epoch's steps. */
function meansOf(sums: Readonly<Record<string, number>>, steps: number): NamedLosses {
  const means = Object.entries(sums).map(([name, sum]) => [name, sum / steps] as const);
  return Object.fromEntries(means) as NamedLosses;
}

/** JSON has no infinity: null stands for "no limit". */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function scoredMae(sct: Float32Array, prepared: PreparedCase): number {
  const ct = prepared.ct.values();
  let sum = 0;
  let count = 0;
  for (let i = 0; i < sct.length; i++)
    if (prepared.scored.data[i]) {
      sum += Math.abs(sct[i]! - ct[i]!);
      count++;
    }
  return sum / count;
}

function countParameters(weights: NamedArrays): number {
  return Object.values(weights).reduce((n, { data }) => n + data.length, 0);
}
