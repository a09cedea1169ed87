import type { Expression } from "./kernels/each.ts";
import type { WeightRange, WeightStore } from "./weight-store.ts";

type Triple = readonly [number, number, number];

/** What is done, in order, for inputs of any size. Values have names; each is written once. */
export interface Program {
  readonly name: string;
  readonly operations: readonly Operation[];
  /** What is given, and its number of axes. */
  readonly inputs: readonly { readonly name: string; readonly rank: number; readonly channels?: number }[];
  /** What is asked for: its name, the value that it is, and its number of axes. */
  readonly outputs: readonly { readonly name: string; readonly value: string; readonly rank: number }[];
  readonly weights: WeightStore;
}

/** A convolution, a dense layer, or a transposed convolution of 2 a side; with all that follows it value by value. */
export interface ProductOperation {
  readonly type: "product";
  /** Two lie side by side as if joined. */
  readonly sources: readonly string[];
  readonly result: string;
  /** [taps, in, out]. */
  readonly filter: WeightRange;
  readonly scale?: WeightRange;
  readonly bias?: WeightRange;
  /** Of `v`. */
  readonly activation?: Expression;
  readonly kernel: Triple;
  readonly stride: Triple;
  /** Zeros before and behind; `same`: as many as keep the size, divided by the stride. */
  readonly pads: "same" | { readonly before: Triple; readonly behind: Triple };
  readonly ins: number;
  readonly outs: number;
  /** Number of axes that a transposed convolution doubles. */
  readonly doubled?: 2 | 3;
}

/** Instance norm, scale, shift, leaky ReLU. */
export interface NormOperation {
  readonly type: "norm";
  readonly x: string;
  readonly result: string;
  readonly gamma: WeightRange;
  readonly beta: WeightRange;
  readonly epsilon: number;
  /** 1: no ReLU. */
  readonly slope: number;
}

/** A formula of each value. */
export interface EachOperation {
  readonly type: "each";
  readonly expression: Expression;
  readonly result: string;
}

export interface JoinOperation {
  readonly type: "join";
  readonly parts: readonly string[];
  readonly result: string;
}

export interface SplitOperation {
  readonly type: "split";
  readonly x: string;
  /** Channels of each result; absent: the same of each. */
  readonly sizes?: readonly number[];
  readonly results: readonly string[];
}

export interface ResizeOperation {
  readonly type: "halve" | "doubleNearest" | "doubleBilinear" | "softmax";
  readonly x: string;
  readonly result: string;
  /** Of its axes. */
  readonly rank: number;
}

export type Operation =
  | ProductOperation
  | NormOperation
  | EachOperation
  | JoinOperation
  | SplitOperation
  | ResizeOperation;

/** Values of a formula, each once, in order. */
export function leavesOf(expression: Expression): readonly string[] {
  if (expression.of === "value") return [expression.name];
  if (expression.of === "call") return [...new Set(expression.args.flatMap(leavesOf))];
  return [];
}
