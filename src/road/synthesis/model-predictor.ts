import { fail } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import { type Grid, orientedGrid, sameGrid } from "../../imaging/volume/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";
import type { ModelBundle } from "../model-file/index.ts";
import { PartTable, type Plugin, synthesisParts } from "../plugin/index.ts";
import {
  assertDims,
  backwardSteps,
  type Forwarded,
  forwardSteps,
  type Outputs,
  type Preparation,
  type Subject,
  subjectOf,
} from "../preparation/index.ts";
import { autoBackends, openFirst, type PassedOver } from "./auto-backend.ts";
import { type BatchOptions, batchSizeOf } from "./batch-size.ts";
import { type OpenedModel, openModel } from "./open-model.ts";
import { predictVolume } from "./predict-volume.ts";
import type { EarlyQuestion, PredictHow, Prediction, Predictor, PredictorFacts } from "./predictor.ts";

/** Options of {@link modelPredictor}. */
export interface ModelPredictorOptions extends BatchOptions {
  /**
   * `"auto"`: the first that can run the model here of ONNX Runtime (where onnxruntime-node is installed), wasm and cpu; the result
   * says which, and why not the others.
   */
  readonly backend: Backend | "auto";
  /** Plugins that bring models, steps or samplers which don't ship with the package. */
  readonly plugins?: readonly Plugin[];
}

/**
 * A model file's content as a predictor: the steps forward, samples, the network, the steps back. The model is loaded at the first use.
 *
 * @throws MidashError when the bundle's steps or model are unknown, don't fit each other, or an option is impossible
 */
export function modelPredictor(bundle: ModelBundle, options: ModelPredictorOptions): Predictor {
  return new ModelPredictor(bundle, options);
}

/** The model in a session, and how that came about. */
type Ready = OpenedModel & { readonly passedOver: readonly PassedOver[] };

/** A model's outputs on the grid of its steps' end, and the grids on the way there. */
type Predicted = Pick<Forwarded, "grids"> &
  Pick<Prediction, "backend" | "passedOver"> & { readonly outputs: Outputs; readonly grid: Grid };

class ModelPredictor implements Predictor {
  readonly facts: PredictorFacts;
  readonly #bundle: ModelBundle;
  readonly #options: ModelPredictorOptions;
  readonly #preparation: Preparation;
  readonly #spec: ModelSpec;
  readonly #parts: PartTable;
  #ready: Promise<Ready> | undefined;

  constructor(bundle: ModelBundle, options: ModelPredictorOptions) {
    const { model, background, provenance, intendedFor } = bundle;
    this.facts = { models: [model.name], trainedOn: provenance.trainedOn, intendedFor, background };
    this.#bundle = bundle;
    this.#options = options;
    this.#parts = new PartTable([synthesisParts, ...(options.plugins ?? [])]);
    this.#preparation = this.#parts.preparation(bundle.preparation);
    this.#spec = this.#parts.spec(model);
    assertDims(this.#spec, this.#preparation.sampler, { call: "Synthesizer" });
    batchSizeOf(this.#spec, [1, 1], options); // refuses impossible options here rather than after minutes
  }

  get inputs() {
    return this.#preparation.inputs;
  }

  async predict(inputs: Parameters<Predictor["predict"]>[0], how: PredictHow): Promise<Prediction> {
    const given = subjectOf(inputs, this.inputs);
    const { outputs, grid, grids, ...engine } = await this.#forward(given, how);
    const back = await backwardSteps(this.#preparation.steps, outputs, grids, { signal: how.signal });
    if (!Object.values(back).some(({ kind }) => kind === "ct"))
      fail("unsupported", "the model gives no CT", { where: this.#spec.name });
    const resampled = !sameGrid(orientedGrid(given.grid), orientedGrid(grid));
    // A model of several members says itself how far they are apart.
    const { spread, ...others } = back;
    if (spread?.kind !== "scale") return { outputs: back, spread: {}, resampled, ...engine };
    return { outputs: others, spread: { [spread.of]: spread.volume }, resampled, ...engine };
  }

  async peek<T>(
    inputs: Parameters<Predictor["predict"]>[0],
    how: Pick<PredictHow, "seed" | "signal">,
    question: (early: EarlyQuestion) => Promise<T>,
  ): Promise<T> {
    const { subject, model } = await this.#prepare(subjectOf(inputs, this.inputs), how);
    const [spec, preparation] = [this.#spec, this.#preparation];
    const covering = preparation.sampler.covering(subject.grid.shape, spec.input.multipleOf);
    return question({ model, spec, subject, preparation, covering });
  }

  async #prepare(given: Subject, { seed, signal }: Pick<PredictHow, "seed" | "signal">) {
    const { subject, grids } = await forwardSteps(this.#preparation.steps, given, {
      where: "inputs",
      signal,
    });
    const { session, model, passedOver } = await this.#open();
    session.seed(Random.fork(seed, "synthesis"));
    return { subject, grids, model, passedOver, backend: session.backend };
  }

  /** A method of its own, so that the prepared inputs are gone when the way back begins. */
  async #forward(given: Subject, how: PredictHow): Promise<Predicted> {
    const { subject, model, ...ready } = await this.#prepare(given, how);
    const { batchSize, batchBytes } = this.#options;
    const options = { batchSize, batchBytes, ...how };
    const outputs = await predictVolume(model, this.#spec, subject, this.#preparation, options);
    return { outputs, grid: subject.grid, ...ready };
  }

  dispose(): void {
    const ready = this.#ready;
    this.#ready = undefined;
    ready?.then(
      ({ model, session }) => {
        model.dispose();
        session.close();
      },
      () => undefined, // whoever awaited predict has seen the failure
    );
  }

  #open(): Promise<Ready> {
    this.#ready ??= this.#openFirst().catch((error: unknown) => {
      this.#ready = undefined; // a backend that failed once may start at the next run
      throw error;
    });
    return this.#ready;
  }

  async #openFirst(): Promise<Ready> {
    const options = { random: new Random(0), weights: this.#bundle.weights };
    const { backend } = this.#options;
    if (backend === "auto") return openFirst(this.#spec, autoBackends(this.#parts), options);
    return { ...(await openModel(this.#spec, backend, options)), passedOver: [] };
  }
}
