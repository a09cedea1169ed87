import type { ImageOrigin, Volume } from "../../imaging/volume/index.ts";
import type { Batch, Model, ModelSpec } from "../../networks/models/index.ts";
import type { Background, IntendedFor } from "../model-file/index.ts";
import type { InputSpec, Outputs, Place, Preparation, Sampler, Subject } from "../preparation/index.ts";
import type { PassedOver } from "./auto-backend.ts";
import type { Progress } from "./progress.ts";

/** What is about to be computed: a model and a subject that has gone through the steps. */
export interface EarlyQuestion {
  readonly model: Model;
  readonly spec: Pick<ModelSpec, "input" | "outputs">;
  readonly subject: Subject;
  readonly preparation: Preparation;
  /** Whose samples they will be. */
  readonly covering: Sampler;
}

/** Sees samples before all are done. */
export interface EarlyWatcher {
  /** What the model gave for the samples at these places; it is to be left as it is. */
  add(output: Batch, places: readonly Place[]): Promise<void>;
}

/** How a {@link Predictor} is to work. */
export interface PredictHow {
  /** For models that draw: the same seed gives the same outputs. */
  readonly seed: number | string;
  readonly signal?: AbortSignal;
  /** Samples done, of all. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Who wants to see samples before all are done: asked once the subject is prepared, then told of each batch. Changes no bit of the outputs. Where several predictions are averaged nobody is asked, and
   * predictors of one's own may leave it out.
   */
  readonly early?: (question: EarlyQuestion) => Promise<EarlyWatcher | undefined>;
}

/** What a {@link Predictor} gives. */
export interface Prediction {
  /** By name, on the grid of the inputs: a CT and its scale in HU, probabilities of labels. Their values are the caller's to overwrite. */
  readonly outputs: Outputs;
  /** Standard deviation of the members' values of each output of kind `ct`, in HU. Empty where there is one member alone. */
  readonly spread: Readonly<Record<string, Volume>>;
  /** The backend that ran. */
  readonly backend: string;
  /** With the backend `"auto"`: those that would have come first, and why they were not taken. */
  readonly passedOver: readonly PassedOver[];
  /** Whether any input was resampled to a model's grid, and the outputs back. */
  readonly resampled: boolean;
}

/** What is known of a predictor's models. */
export interface PredictorFacts {
  /** Names of the models, for the sCT's `meta`. */
  readonly models: readonly string[];
  /** What they were trained on; of several what is farthest from patients. */
  readonly trainedOn: ImageOrigin;
  /** What they may be shown; of several the narrowest. */
  readonly intendedFor: IntendedFor;
  /** What is done outside the body. */
  readonly background: Background;
}

/**
 * Stands between a {@link Synthesizer} and its models: images on a grid of any kind in, outputs in HU on that same grid out. So
 * ways of asking more than once ({@link flips}, {@link ensemble}, {@link draws}) are arithmetic on volumes, and combine: each
 * is a predictor made of predictors. One of your own goes the same way.
 */
export interface Predictor {
  /** What it takes. */
  readonly inputs: readonly InputSpec[];
  readonly facts: PredictorFacts;
  /**
   * @param inputs by name, on one grid; optional ones may be absent
   * @throws MidashError `invalid-argument`, `grid-mismatch`, `aborted`
   */
  predict(inputs: Readonly<Record<string, Volume>>, how: PredictHow): Promise<Prediction>;
  /**
   * The subject goes through the steps, and `question` is asked of it and the model; nothing else is computed. Left out by predictors that are made of others, and where a look at a part has no meaning.
   *
   * @param inputs as for `predict`
   * @throws MidashError as `predict`, and what `question` throws
   */
  peek?<T>(
    inputs: Readonly<Record<string, Volume>>,
    how: Pick<PredictHow, "seed" | "signal">,
    question: (early: EarlyQuestion) => Promise<T>,
  ): Promise<T>;
  /** Frees the models' tensors. The next `predict` loads them again. */
  dispose(): void;
}
