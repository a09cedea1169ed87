import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { fail, MidashError } from "../../base/errors/index.ts";
import type { TensorSession } from "../backends/index.ts";
import type { Json, NamedArrays } from "./arrays.ts";

/** How weights follow gradients: a value with a name and options, made by a factory such as `optimizers.adam()`. */
export interface Optimizer {
  /** In configs, checkpoints and model files. */
  readonly name: string;
  /** What it is, on one line: `midash list` shows it. */
  readonly about?: string;
  /** Before any schedule. */
  readonly learningRate: number;
  /** Name and options: `{ name, ...options }`. Runs that differ in it can't be resumed from each other. */
  toJSON(): Json;
  /** The same with another learning rate. */
  withRate(learningRate: number): Optimizer;
  /** Brings it to life for one set of variables. */
  create(session: TensorSession): RunningOptimizer;
}

/** One variable with its gradient. */
export interface GradientOf {
  /** The same name in each step, and in a resumed run. */
  readonly name: string;
  readonly variable: Variable;
  readonly gradient: Tensor;
}

/** An {@link Optimizer} over one set of variables. Used inside `session.run`. */
export interface RunningOptimizer {
  /**
   * One update of the variables, in place.
   *
   * @param gradients in the order of their names, the same ones in each step
   * @param step.loss that they are the gradients of
   * @param step.rate multiplies the learning rate, for schedules
   * @returns whether the step was left out, as mixed precision does where values overflowed
   */
  step(
    gradients: readonly GradientOf[],
    step: { readonly loss: number; readonly rate: number },
  ): Promise<{ readonly skipped: boolean }>;
  /** All that exact resume needs. Names hold no limits but that they are unique. */
  state(): Promise<OptimizerState>;
  /** Takes what `state` gave. */
  restore(state: OptimizerState): void;
  /** Frees its tensors. */
  dispose(): void;
}

/** See {@link RunningOptimizer.state}. */
export interface OptimizerState {
  readonly tensors: NamedArrays;
  /** Steps done. */
  readonly steps: number;
}

/** Name of what caused an error of a loss that is no finite number. By name: a plugin may come with another copy of this class. */
const NON_FINITE = "NonFiniteLoss";

/** @throws MidashError `invalid-argument` for a loss that is no finite number */
export function assertFiniteLoss(loss: number, step: number, name = "loss"): void {
  if (Number.isFinite(loss)) return;
  const called = name === "loss" ? "the loss" : `the loss "${name}"`;
  fail("invalid-argument", `${called} became ${loss} at step ${step}`, {
    where: "training",
    hint: [
      ["lower ", { option: "learningRate" }],
      ["set ", { option: "clipNorm" }],
      "look for NaN voxels in the data",
    ],
    cause: Object.assign(new Error(`${called} is ${loss}`), { name: NON_FINITE }),
  });
}

/** Whether an error says that a loss was no finite number. */
export function isNonFinite(error: unknown): error is MidashError {
  return MidashError.is(error) && error.cause instanceof Error && error.cause.name === NON_FINITE;
}
