import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import type { Random } from "../../base/random/index.ts";
import type { TensorSession } from "../backends/index.ts";
import type {
  Json,
  NamedArrays,
  NamedTensors,
  Optimized,
  Optimizer,
  TargetTensors,
} from "../learning/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import type { GraphNetwork } from "./graph-network.ts";
import type { OutputSpec } from "./output.ts";
import type { PredictOptions } from "./predict-options.ts";

/**
 * Losses of one training step by name. `loss` is the one to watch: the trainer checks that it is finite and shows it. The
 * others (`discriminator`, `l1`, ...) go into history and report beside it.
 */
export type NamedLosses = Readonly<Record<string, number>> & { readonly loss: number };

/** What a model takes, one sample. What it gives has the same size. */
export interface SampleSpec {
  readonly channels: number;
  /** 2: samples are [H, W, C]. 3: [D, H, W, C]. */
  readonly dims: 2 | 3;
  /** Each of D, H and W must be a multiple of this. */
  readonly multipleOf: number;
}

/** Options of {@link ModelSpec.create}. */
export interface CreateOptions {
  /** Draws the initial weights. */
  readonly random: Random;
  /** Start from these instead: what `weights()` gave, from a model file or a checkpoint. Names and shapes must match. */
  readonly weights?: NamedArrays;
  /**
   * Which of the weights, by name, training must leave as they are, running statistics included. `Parameters` does so. Default: none. A model that
   * changes one all the same is refused by the Trainer.
   */
  readonly frozen?: (name: string) => boolean;
}

/** A model as a recipe: data that owns no memory until a session brings it to life. Made by a model factory, see `defineModel`. */
export interface ModelSpec<M extends Model = Model> {
  readonly name: string;
  readonly config: Json;
  readonly input: SampleSpec;
  /** What it gives: the channels of `predict`, in this order. The first of kind `ct` is the synthetic CT. */
  readonly outputs: readonly OutputSpec[];
  /** Name of the batch source that it learns from. Default `paired`: input and targets of the same place. */
  readonly batches?: string;
  /** What this kind of model is usually trained with; taken where the run does not say otherwise. Several by name, where it has several. */
  readonly optimizer?: Optimizer | Readonly<Record<string, Optimizer>>;
  /**
   * Bytes that `predict` takes for each sample of a batch besides the weights, roughly: the synthesizer's batches are sized by it.
   *
   * @param size [H, W] or [D, H, W] of a sample
   */
  readonly sampleBytes?: (size: readonly number[]) => number;
  /** A {@link TrainableModel}, or a mere {@link Model} when it can only be asked. */
  create(session: TensorSession, options: CreateOptions): Promise<M>;
  /**
   * The network as a graph, and how it predicts with it: what `exportOnnx` writes and ONNX Runtime runs. A model without this
   * method can do neither. Those of `defineNetwork` have it.
   *
   * @param weights what `weights()` gave
   * @throws MidashError `invalid-file` when they don't fit the model
   */
  graph?(weights: NamedArrays): GraphNetwork | Promise<GraphNetwork>;
}

/** A model that can be asked. Call `dispose` when done: it owns tensors. */
export interface Model {
  /**
   * Wrap the work in one `session.run`.
   *
   * @returns [N, (D,) H, W, channels of all outputs]; intensities in the range of the target's Normalizer
   */
  predict(batch: Batch, options: PredictOptions): Promise<Batch>;
  /** All that `create` needs to make the same model again. */
  weights(): Promise<NamedArrays>;
  /** Frees the model's tensors. */
  dispose(): void;
}

/** A model that can learn. */
export interface TrainableModel extends Model {
  /**
   * One update. `batch.targets` holds, by the names of the outputs, the CT in the Normalizer's range, labels as class numbers, and, as
   * its `mask`, the weight of each pixel in the loss.
   * Wrap the whole work in one `session.run`.
   */
  trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses>;
  /**
   * What exact resume needs beyond the weights and what {@link TrainStep.optimize} keeps: image pools, counters. Without
   * these two methods the model has no such state.
   */
  state?(): Promise<ModelState>;
  /** Takes what `state` gave. */
  restore?(state: ModelState): Promise<void>;
}

/** Whether a model can learn. */
export function isTrainable(model: Model): model is TrainableModel {
  return "trainStep" in model && typeof model.trainStep === "function";
}

/** See {@link TrainableModel.state}. */
export interface ModelState {
  readonly tensors: NamedArrays;
  readonly json: Json;
}

/** One step as the trainer lends it to a model. */
export interface TrainStep {
  /**
   * Computes `loss`, its gradients with respect to `variables`, and updates them in place with the optimizer called
   * `name` (one optimizer a name, with moments and clipping of its own; a GAN has two). The optimizer knows the variables by
   * their names here, so a name must always mean the same one; usually they are those of `weights()`. The learning rate and its
   * schedule are the run's. Call it inside `session.run`; it does not call `run` itself. Gives the loss before the update, and whether
   * the optimizer left the step out. Where a run makes one step of several batches, the variables move with the last of them.
   *
   * @throws MidashError `invalid-argument` when the loss is not finite or does not depend on a variable, or when an optimizer is
   *   given other variables than before
   */
  optimize(
    name: string,
    variables: Readonly<Record<string, Variable>>,
    loss: () => Scalar,
  ): Promise<Optimized>;
  /** The run's loss of outputs against targets, both by name. */
  loss(outputs: NamedTensors, targets: Readonly<Record<string, TargetTensors>>): Scalar;
  /** Same draws when the run is repeated or resumed. */
  readonly random: Random;
  /** Steps done before this one, over all epochs. */
  readonly index: number;
  readonly epoch: number;
}
