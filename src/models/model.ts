import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Session, Tf } from "../backends/index.ts";
import type { Random } from "../random/index.ts";
import type { Batch, PairedBatch } from "../slicer/index.ts";

/** JSON data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A dense float32 array on the CPU, row-major. */
export interface NamedArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Weights by name. */
export type NamedArrays = Readonly<Record<string, NamedArray>>;

/** Losses of one training step by name; `loss` is the one that was minimised. */
export type NamedLosses = Readonly<Record<string, number>> & { readonly loss: number };

/** What a model takes or gives, one sample. */
export interface SampleSpec {
  readonly channels: number;
  /** 2: samples are [H, W, C]. */
  readonly dims: 2;
  /** H and W must be multiples of this. */
  readonly multipleOf: number;
}

/** Options of {@link ModelSpec.create}. */
export interface CreateOptions {
  /** Draws the initial weights. */
  readonly random: Random;
  /** Start from these instead: what `weights()` gave, from a model file or a checkpoint. Names and shapes must match. */
  readonly weights?: NamedArrays;
}

/** A model as a recipe: data that owns no memory until a session brings it to life. */
export interface ModelSpec {
  readonly name: string;
  readonly config: Json;
  readonly input: SampleSpec;
  readonly output: SampleSpec;
  readonly pairing: "paired" | "unpaired";
  create(session: Session, options: CreateOptions): Promise<TrainableModel>;
}

/** Makes a {@link ModelSpec} from a config, e.g. {@link UNet}. */
export type ModelFactory = (config: Json) => ModelSpec;

/** A model that can be asked. Call `dispose` when done: it owns tensors. */
export interface Model {
  /** @returns [N, H, W, output channels], in the range of the target's Normalizer. */
  predict(batch: Batch): Promise<Batch>;
  weights(): Promise<NamedArrays>;
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
  restore?(state: ModelState): Promise<void>;
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
   * `name` (one optimizer a name; a GAN has two). Call it inside `session.run`; it does not call `run` itself. Returns the loss.
   */
  optimize(name: string, variables: readonly Variable[], loss: () => Scalar): Promise<number>;
  /** The run's reconstruction loss: masked when `mask` ([N, H, W, 1]) is given. */
  loss(prediction: Tensor, target: Tensor, mask?: Tensor): Scalar;
  /** Same draws when the run is repeated or resumed. */
  readonly random: Random;
  /** Steps done before this one, over all epochs. */
  readonly index: number;
  readonly epoch: number;
}
