import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { NamedArrays } from "../../networks/learning/index.ts";
import { isOptimizer, RunOptimizers } from "../../networks/learning/index.ts";
import { createModel, isTrainable, lendStep } from "../../networks/models/index.ts";
import type { Dataset } from "../data/index.ts";
import { CaseCache, prepareCase, trainingCase } from "../data/index.ts";
import type { ModelBundle } from "../model-file/index.ts";
import { openModel } from "../synthesis/index.ts";
import type { Checkpoint, EpochRecord } from "./checkpoint.ts";
import { frozenBy, watchFrozen } from "./freeze.ts";
import { LossMeans } from "./loss-means.ts";
import { type ResolvedOptions, resolveOptions, type TrainerOptions } from "./options.ts";
import { originOf, resultBundle } from "./result-bundle.ts";
import { RunFiles } from "./run-files.ts";
import { fingerprintOf, makePlan, type RunPlan } from "./run-plan.ts";
import { schedules } from "./schedule.ts";
import type { TrainEvent } from "./train-event.ts";
import { validate } from "./validate.ts";
import { isBetter } from "./watch.ts";
import { WeightAverage } from "./weight-average.ts";

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
 * gets a checkpoint; the weights of the epoch with the best validation are the result.
 *
 * @example
 * const trainer = new Trainer({ model: UNet(), backend: wasm() });
 * for await (const event of trainer.fit(dataset)) if (event.type === "epoch") log(event.validation?.value);
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
    assert(this.#result, "no epoch has ended yet", {
      where: { call: "Trainer.result" },
      hint: "run fit to its end first",
    });
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
    { preparation, spacing }: RunPlan,
    files: RunFiles,
    { signal, resume = false }: FitOptions,
  ): AsyncGenerator<TrainEvent> {
    const options = this.#options;
    const fingerprint = fingerprintOf(options, preparation, dataset);
    const { checkpoint: before, warnings } = resume ? await files.resume(fingerprint) : ANEW;
    this.#result = before?.result;

    const origin = before ? before.result.provenance.from : originOf(options.from);
    const { session, model } = await openTrainable(options, before?.weights ?? options.from?.weights);
    const { backend } = session;
    const optimizers = new RunOptimizers(session, options.optimizer);
    const loss = await options.loss.open(session);
    let trainedOn = before?.result.provenance.trainedOn ?? dataset.origin;
    const cache = new CaseCache(async (source, stop) => {
      const prepared = await prepareCase(source, preparation, stop);
      // What simulated an image it does not say itself: less is taken for granted.
      if (prepared.simulated && trainedOn === "patients") trainedOn = "phantoms";
      return prepared;
    }, options.cacheBytes);
    const { stepsPerEpoch = Number.POSITIVE_INFINITY, patience } = options;
    const batches = options.batches.open({
      ...options,
      cases: dataset.train,
      prepare: async (source, stop) =>
        trainingCase(await cache.get(source, stop), preparation, options.model.outputs),
      stepsPerEpoch,
      groupBytes: options.cacheBytes,
    });
    let { epoch, step, best }: Pick<Checkpoint, "epoch" | "step" | "best"> = before ?? {
      epoch: 0,
      step: 0,
      best: { epoch: 0, validation: null },
    };
    this.#history = before?.history ?? [];
    try {
      if (before) {
        if (before.model) await model.restore?.(before.model);
        await optimizers.restore(before.optimizers);
      }
      const weightsNow = await model.weights();
      const isFrozen = frozenBy(options.freeze);
      const assertFrozen = watchFrozen(options.freeze, weightsNow, options.model.name);
      const average =
        options.ema > 0 ? new WeightAverage(options.ema, before?.average ?? weightsNow) : undefined;
      yield {
        type: "start",
        cases: dataset.train.length,
        epoch,
        epochs: options.epochs,
        backend,
        parameters: countParameters(weightsNow),
        frozen: countParameters(
          Object.fromEntries(Object.entries(weightsNow).filter(([name]) => isFrozen(name))),
        ),
        from: origin,
        spacing,
        size: preparation.sampler.fixedSize ?? [],
        warnings: [...warnings, ...(origin || !options.freeze?.length ? [] : [RANDOM_FROZEN])],
      };
      let reason: "finished" | "early stopping" = "finished";
      while (epoch < options.epochs) {
        if (patience > 0 && epoch - best.epoch >= patience) {
          reason = "early stopping";
          break;
        }
        const started = performance.now();
        const means = new LossMeans();
        let rate = 1;
        for await (const batch of batches.epoch(epoch, { signal })) {
          throwIfAborted(signal);
          // The share of the epoch that is done is known only when its number of steps is.
          rate = schedules[options.schedule](epoch + means.steps / stepsPerEpoch, options.epochs);
          const now = lendStep({ optimizers, loss }, { index: step, epoch, rate, seed: options.seed });
          session.seed(Random.fork(options.seed, `tf/${step}`));
          const found = await model.trainStep(batch, now);
          means.add(found, options.model.name);
          step++;
          average?.add(await model.weights(), step);
          yield { type: "step", epoch: epoch + 1, step, loss: found.loss, losses: found };
        }
        assert(means.steps > 0, "no slice of the training part has anything to learn from", {
          where: dataset.name,
          hint: "check the masks",
        });
        epoch++;
        const weights = await model.weights();
        assertFrozen(weights);
        const kept = average?.weights() ?? weights;
        const random = Random.fork(options.seed, "weights");
        const judged = average ? await createModel(options.model, session, { random, weights: kept }) : model;
        const validation = await validate(
          judged,
          dataset.validation,
          cache,
          preparation,
          options,
          signal,
        ).finally(() => average && judged.dispose());
        const losses = means.means();
        const improved = isBetter(options.watch, validation, best.validation);
        if (improved) best = { epoch, validation };
        const seconds = (performance.now() - started) / 1000;
        const learningRate = rate * learningRateOf(options.optimizer);
        const record = { epoch, loss: losses.loss, losses, validation, learningRate, seconds };
        this.#history = [...this.#history, record];
        if (improved || !this.#result)
          this.#result = resultBundle(kept, options, preparation, dataset, {
            epoch,
            step,
            best,
            backend,
            from: origin,
            trainedOn,
          });
        await files.save({
          weights,
          average: average ? kept : null,
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
          validation,
          best: improved,
          seconds,
        };
      }
      yield { type: "end", reason, epochs: epoch, best };
    } finally {
      optimizers.dispose();
      loss.dispose?.();
      model.dispose();
      session.close();
    }
  }
}

const RANDOM_FROZEN = "Frozen weights are random and stay so: no model was given to go on from.";

/** The model in a session of its own, ready to learn. */
async function openTrainable(options: ResolvedOptions, weights: NamedArrays | undefined) {
  const random = Random.fork(options.seed, "weights");
  const { session, model } = await openModel(options.model, options.backend, {
    random,
    weights,
    frozen: frozenBy(options.freeze),
  });
  const { train, whyNotTrain } = session.can;
  if (!session.graphs && train && isTrainable(model)) return { session, model };
  model.dispose();
  session.close();
  if (!train)
    fail("unsupported", `can't be trained on${whyNotTrain ? `: ${whyNotTrain}` : ""}`, {
      where: options.backend.name,
      hint: "train on wasm, which runs everywhere",
    });
  return fail("unsupported", "this model can only be asked, it has no trainStep", {
    where: options.model.name,
  });
}

function countParameters(weights: NamedArrays): number {
  return Object.values(weights).reduce((n, { data }) => n + data.length, 0);
}

/** Of several optimizers the first one's. */
function learningRateOf(optimizer: ResolvedOptions["optimizer"]): number {
  return isOptimizer(optimizer) ? optimizer.learningRate : Object.values(optimizer)[0]!.learningRate;
}
