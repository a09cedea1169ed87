import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { TensorSession, Tf } from "../backends/index.ts";
import type { Json } from "./arrays.ts";

/** A model's outputs by name, each [N, (D,) H, W, channels]. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** What an output is compared with. */
export interface TargetTensors {
  /** Of shape [N, (D,) H, W, 1]; an intensity in the normalizer's range, or the number of a class. */
  readonly values: Tensor;
  /** Of shape [N, (D,) H, W, 1]; how much each pixel counts, mostly 0 or 1. */
  readonly weight: Tensor;
}

/**
 * What training minimises: a value with a name and options, made by a factory such as `losses.l1()`. It may hold networks of its
 * own, which live from `open` to `dispose`.
 */
export interface Loss {
  /** In configs, checkpoints and model files. */
  readonly name: string;
  /** What it is, on one line: `midash list` shows it. */
  readonly about?: string;
  /** Name and options: `{ name, ...options }`. Runs that differ in it can't be resumed from each other. */
  toJSON(): Json;
  /** Brings it to life for one run. Not called inside `session.run`. */
  open(session: TensorSession, context?: LossContext): OpenLoss | Promise<OpenLoss>;
}

/** What a loss may know of a run. */
export interface LossContext {
  /** How the values of outputs of kind `ct` stand for HU, by the outputs' names: losses with options in HU need it. The Trainer gives its target normalizer's. */
  readonly hu?: Readonly<Record<string, HuScale>>;
}

/** value = scale · HU + offset. */
export interface HuScale {
  readonly scale: number;
  readonly offset: number;
}

/** A {@link Loss} in a session. */
export interface OpenLoss {
  /** Used inside `session.run`, with gradients being recorded. @param now default: the beginning of a run */
  value(outputs: NamedTensors, targets: Readonly<Record<string, TargetTensors>>, now?: LossMoment): Scalar;
  /** Frees what it holds. */
  dispose?(): void;
}

/** Where a run stands when a loss is asked: weights of a sum may change on the way. */
export interface LossMoment {
  /** Steps done before this one. */
  readonly step: number;
  /** Epochs done, with the share of the present one where the number of its steps is known. */
  readonly epoch: number;
  /** Takes a part of the loss by name: it appears beside `loss` in events, histories and curves. */
  readonly report?: (name: string, part: Scalar) => void;
}

/** The error of each value of one output, before it is averaged: [N, (D,) H, W, channels]. @param hu see {@link LossContext}; asking for it throws where it is unknown */
export type PixelError = (tf: Tf, output: Tensor, target: Tensor, hu: () => HuScale) => Tensor;
