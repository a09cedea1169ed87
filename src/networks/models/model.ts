import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Random } from "../../base/random/index.ts";
import type { Session, Tf } from "../backends/index.ts";
import type { Json, NamedArrays } from "./arrays.ts";
import type { Batch, PairedBatch } from "./batch.ts";
import type { OnnxNetwork } from "./onnx/network.ts";
import type { PredictOptions } from "./predict-options.ts";

/**
 * Losses of one training step by name. `loss` is the one to watch: the trainer checks that it is finite and shows it. The
 * others (`discriminator`, `l1`, ...) go into history and report beside it.
 */
export type NamedLosses = Readonly<Record<string, number>> & { readonly loss: number };

/** What a model takes or gives, one sample. */
export interface SampleSpec {
  readonly channels: number;
  /** 2: samples are [H, W, C]. 3: [D, H, W, C]. */
  readonly dims: 2 | 3;
  /** Each of D, H and W must be a multiple of this. */
  readonly multipleOf: number;
  /**
   * Of an output: the only values it can take (a sigmoid's [0, 1]). The trainer then scales its default target normaliser to
   * it, and refuses one that wants more. Default: any.
   */
  readonly range?: readonly [low: number, high: number];
}

/** Options of {@link ModelSpec.create}. */
export interface CreateOptions {
  /** Draws the initial weights. */
  readonly random: Random;
  /** Start from these instead: what `weights()` gave, from a model file or a checkpoint. Names and shapes must match. */
  readonly weights?: NamedArrays;
}

/** A model as a recipe: data that owns no memory until a session brings it to life. Made by a model factory, see `defineModel`. */
export interface ModelSpec<M extends Model = Model> {
  readonly name: string;
  readonly config: Json;
  readonly input: SampleSpec;
  readonly output: SampleSpec;
  /** `paired`: learns from MR and CT of the same sample. */
  readonly pairing: "paired" | "unpaired";
  /** What this kind of model is usually trained with; taken where the run does not say otherwise. */
  readonly optimizer?: AdamOptions;
  /**
   * Bytes that `predict` takes for each sample of a batch besides the weights, roughly: the synthesizer's batches are sized by it.
   *
   * @param size [H, W] or [D, H, W] of a sample
   */
  readonly sampleBytes?: (size: readonly number[]) => number;
  /** A {@link TrainableModel}, or a mere {@link Model} when it can only be asked. */
  create(session: Session, options: CreateOptions): Promise<M>;
  /**
   * The network as an ONNX file, and how it predicts with it: what `exportOnnx` writes and ONNX Runtime runs. A model without this
   * method can do neither. Built with `OnnxGraph`.
   *
   * @param weights what `weights()` gave
   * @throws MidashError `invalid-file` when they don't fit the model
   */
  onnx?(weights: NamedArrays): OnnxNetwork | Promise<OnnxNetwork>;
}

/** Options of Adam (Kingma and Ba 2015). */
export interface AdamOptions {
  /** Default 1e-4, the capstone's. */
  readonly learningRate?: number;
  /** Default 0.9 and 0.999 (Kingma and Ba 2015). */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Default 1e-8, outside the root, as in the paper and in PyTorch. */
  readonly epsilon?: number;
  /** Gradients are scaled down together when their joint L2 norm exceeds this. Default: never. */
  readonly clipNorm?: number;
}

/** A model that can be asked. Call `dispose` when done: it owns tensors. */
export interface Model {
  /**
   * Wrap the work in one `session.run`.
   *
   * @returns [N, H, W, output channels], in the range of the target's Normalizer
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
   * One update. `batch.target` holds the CT in the Normalizer's range and, as its `mask`, the weight of each pixel in the loss.
   * Wrap the whole work in one `session.run`.
   */
  trainStep(batch: PairedBatch, step: TrainStep): Promise<NamedLosses>;
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

/** A scalar to minimise. `mask`, when given, is [N, H, W, 1] and 1 where a value counts. */
export type Loss = (tf: Tf, prediction: Tensor, target: Tensor, mask?: Tensor) => Scalar;

/** One step as the trainer lends it to a model. */
export interface TrainStep {
  /**
   * Computes `loss`, its gradients with respect to `variables`, and updates them in place with the optimizer called
   * `name` (one optimizer a name, with moments and clipping of its own; a GAN has two). The optimizer knows the variables by
   * their names here, so a name must always mean the same one; usually they are those of `weights()`. The learning rate and its
   * schedule are the run's. Call it inside `session.run`; it does not call `run` itself. Returns the loss before the update.
   *
   * @throws MidashError `invalid-argument` when the loss is not finite or does not depend on a variable, or when an optimizer is
   *   given other variables than before
   */
  optimize(name: string, variables: Readonly<Record<string, Variable>>, loss: () => Scalar): Promise<number>;
  /** The run's reconstruction loss: masked when `mask` ([N, H, W, 1]) is given. */
  loss(prediction: Tensor, target: Tensor, mask?: Tensor): Scalar;
  /** Same draws when the run is repeated or resumed. */
  readonly random: Random;
  /** Steps done before this one, over all epochs. */
  readonly index: number;
  readonly epoch: number;
}
