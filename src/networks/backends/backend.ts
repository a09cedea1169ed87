import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { Random } from "../../base/random/index.ts";
import type { TensorLayers, Tf } from "../layers/index.ts";
import type { GraphEngine } from "./graph.ts";
import type { Products } from "./webgpu/kernels/products.ts";

export type { Tf } from "../layers/index.ts";

/** What a session can do. */
export interface Capabilities {
  /** Gradients of every op that the built-in models use are present and checked. */
  readonly train: boolean;
  /** Where `train` is false: why, in words. The trainer refuses with them. */
  readonly whyNotTrain?: string;
  /** The same inputs give the same bits on the same machine. */
  readonly deterministic: boolean;
  /** Threads that compute, where the backend knows. */
  readonly threads?: number;
  /** What convolutions multiply in where the backend has a choice; they add up in float32. `f16-matrix`: by the card's matrix units. */
  readonly products?: Products;
  /** Where `products` is `f16`: why matrix units don't compute them, in words. */
  readonly whyNotMatrix?: string;
}

/**
 * A place where tensors can be computed: cheap to hold, loads nothing until opened.
 *
 * @example
 * const session = await wasm().open();
 */
export interface Backend<S extends Session = Session> {
  readonly name: string;
  /** `true`, or why this machine can't run it. */
  supports(): Promise<true | { readonly reason: string }>;
  /** @throws MidashError `unsupported` or `missing-package` when {@link Backend.supports} is not true. */
  open(): Promise<S>;
  /** The same backend on that many threads. Absent where it has none. `testBackend` holds that their number changes no bit. */
  withThreads?(threads: number): Backend<S>;
}

/** Tensors with gradients, and what networks are made of on them. */
export interface Tensors {
  /** Its random ops (`randomNormal`, `dropout`, ...) draw from `seed` of the session unless given a seed. */
  readonly tf: Tf;
  /** `training` keeps what gradients need; `inference` frees it, and takes the running statistics of batch norm. */
  readonly layers: { readonly training: TensorLayers; readonly inference: TensorLayers };
  /** A step of Adam by kernels of the backend, where it has them. */
  readonly adam?: AdamStep;
}

/** What a step of Adam changes: weights and their moments, by a gradient. */
export interface AdamVariable {
  readonly weights: Variable;
  readonly gradient: Tensor;
  readonly first: Variable;
  readonly second: Variable;
}

/** See {@link Tensors.adam}. Of all variables at once, so that a graphics card is asked few times. */
export type AdamStep = (
  variables: readonly AdamVariable[],
  how: {
    readonly beta1: number;
    readonly beta2: number;
    /** Multiplies the gradient: clipping. */
    readonly scale: number;
    /** Step size and ε with the bias corrections folded in. */
    readonly size: number;
    readonly epsilon: number;
  },
) => void;

/** An opened backend: of tensors, or of whole graphs. */
export type Session = TensorSession | GraphSession;

/** An opened backend that computes tensors. Those made inside belong to it. */
export interface TensorSession extends SessionBase {
  readonly tensors: Tensors;
  readonly graphs?: undefined;
}

/** An opened backend that computes whole networks (ONNX Runtime). It trains nothing, and models run there by way of `ModelSpec.graph`. */
export interface GraphSession extends SessionBase {
  readonly graphs: GraphEngine;
  readonly tensors?: undefined;
}

interface SessionBase {
  readonly backend: string;
  readonly can: Capabilities;
  /** What tf's own random ops draw from, from now on. The trainer sets it before each step, the synthesizer before each volume. */
  seed(random: Random): void;
  /**
   * Runs `work` with this backend active. tf's engine is global to a process, so work of all sessions runs one at a
   * time, in the order of the calls. `run` inside `run` would wait for itself for ever: it is refused (in browsers only up to
   * the work's first `await`).
   */
  run<T>(work: () => T | Promise<T>): Promise<T>;
  /** Ends the session; later `run` calls are refused. */
  close(): void;
}
