import type * as TfCore from "@tensorflow/tfjs-core";
import type { Random } from "../../base/random/index.ts";
import type { GraphEngine } from "./graph.ts";

/** The tensor engine that a session hands to models: the whole of `@tensorflow/tfjs-core`. */
export type Tf = typeof TfCore;

/** What a session can do. */
export interface Capabilities {
  /** Gradients of every op that the built-in models use are present and checked. */
  readonly train: boolean;
  /** Where `train` is false: why, in words. The trainer refuses with them. */
  readonly whyNotTrain?: string;
  /** 16-bit floats. */
  readonly f16: boolean;
  /** The same inputs give the same bits on the same machine. */
  readonly deterministic: boolean;
  /** Threads that compute, where the backend knows. */
  readonly threads?: number;
}

/**
 * A place where tensors can be computed: cheap to hold, loads nothing until opened.
 *
 * @example
 * const session = await wasm().open();
 */
export interface Backend {
  readonly name: string;
  /** `true`, or why this machine can't run it. */
  supports(): Promise<true | { readonly reason: string }>;
  /** @throws MidashError `unsupported` or `missing-package` when {@link Backend.supports} is not true. */
  open(): Promise<Session>;
  /** The same backend on that many threads. Absent where it has none. `testBackend` holds that their number changes no bit. */
  withThreads?(threads: number): Backend;
}

/** An opened backend. Tensors made inside belong to it. */
export interface Session {
  readonly backend: string;
  /** Its random ops (`randomNormal`, `dropout`, ...) draw from {@link Session.seed} unless given a seed. */
  readonly tf: Tf;
  readonly can: Capabilities;
  /**
   * Present where whole networks are computed instead of tensors (ONNX Runtime). Then {@link Session.tf} throws, `can.train` is
   * false, and models run by way of `ModelSpec.onnx`.
   */
  readonly graphs?: GraphEngine;
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
