/** What engines compute that take a whole network at once, as an ONNX graph, instead of one tensor operation after the other. */

/** A dense float32 tensor on the CPU, row-major, in the layout of the graph that it goes into or comes out of. */
export interface GraphTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Inputs or outputs of a graph by name. */
export type GraphTensors = Readonly<Record<string, GraphTensor>>;

/** Options of {@link Graph.run}. */
export interface GraphRunOptions {
  /** Cancels the wait. A pass that has begun can't be broken off: it ends by itself, and its result is dropped. */
  readonly signal?: AbortSignal;
}

/** A loaded network. */
export interface Graph {
  /** Names of what it takes. */
  readonly inputs: readonly string[];
  /** Names of what it gives. */
  readonly outputs: readonly string[];
  /**
   * One pass.
   *
   * @param inputs their memory may be handed over to another thread: it is not the caller's any more
   * @throws MidashError `invalid-argument` when the graph does not take such inputs; `aborted`
   */
  run(inputs: GraphTensors, options?: GraphRunOptions): Promise<GraphTensors>;
  /** Frees it. */
  dispose(): void;
}

/** An engine of graphs, see `Session.graphs`. */
export interface GraphEngine {
  /**
   * @param onnx an ONNX file; it may be handed over to another thread, so don't use it afterwards
   * @throws MidashError `invalid-file` when it is none, or needs what the engine does not have
   */
  load(onnx: Uint8Array): Promise<Graph>;
}
