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
  /** Brings it to life for one run. */
  open(session: TensorSession): OpenLoss | Promise<OpenLoss>;
}

/** A {@link Loss} in a session. */
export interface OpenLoss {
  /** Used inside `session.run`, with gradients being recorded. */
  value(outputs: NamedTensors, targets: Readonly<Record<string, TargetTensors>>): Scalar;
  /** Frees what it holds. */
  dispose?(): void;
}

/** The error of each value of one output, before it is averaged: [N, (D,) H, W, channels]. */
export type PixelError = (tf: Tf, output: Tensor, target: Tensor) => Tensor;
