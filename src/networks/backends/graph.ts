/** What engines compute that take a whole network at once, as a graph, instead of one tensor operation after the other. */
import type { Graph, NamedArrays } from "../layers/index.ts";

/** Options of {@link LoadedGraph.run}. */
export interface GraphRunOptions {
  /** Cancels the wait. A pass that has begun can't be broken off: it ends by itself, and its result is dropped. */
  readonly signal?: AbortSignal;
}

/** A network in an engine. */
export interface LoadedGraph {
  /** Names of what it takes. */
  readonly inputs: readonly string[];
  /** Names of what it gives. */
  readonly outputs: readonly string[];
  /**
   * One pass. Arrays are laid out as the graph has them: channels first.
   *
   * @param inputs their memory may be handed over to another thread: it is not the caller's any more
   * @throws MidashError `invalid-argument` when the graph does not take such inputs; `aborted`
   */
  run(inputs: NamedArrays, options?: GraphRunOptions): Promise<NamedArrays>;
  /** Frees it. */
  dispose(): void;
}

/** An engine of graphs, see `GraphSession`. */
export interface GraphEngine {
  /**
   * @param graph as data, or the bytes of an ONNX file, for networks that came as one; those may be handed over to another thread, so don't
   *   use them afterwards
   * @throws MidashError `unsupported` when the engine can't read it, or does not have what it needs
   */
  load(graph: Graph | Uint8Array): Promise<LoadedGraph>;
}
