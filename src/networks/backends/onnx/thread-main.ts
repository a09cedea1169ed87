/**
 * What the thread of the backend `onnx` runs: it loads onnxruntime-node, holds graphs, and computes passes, which block it and
 * nobody else.
 *
 * @module
 */
import { answerCalls } from "../../../base/calls/index.ts";
import { MidashError } from "../../../base/errors/index.ts";
import { nodeModule } from "../../../base/platform/index.ts";
import type { NamedArrays } from "../../layers/index.ts";
import type { GraphEngine, LoadedGraph } from "../graph.ts";
import { Busy } from "./busy.ts";
import { loadRuntime, type RuntimeOptions, runtimeEngine } from "./runtime.ts";

/** What the thread is asked to do. */
export type ThreadRequest =
  | { readonly do: "start"; readonly options: RuntimeOptions }
  | { readonly do: "load"; readonly onnx: Uint8Array }
  | { readonly do: "run"; readonly graph: number; readonly inputs: NamedArrays }
  | { readonly do: "dispose"; readonly graph: number };

/** What the thread says of a graph that it has loaded. */
export interface LoadedInThread {
  readonly graph: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

const threads = nodeModule("node:worker_threads");
const port = threads?.parentPort;
const busy = port ? new Busy(threads.workerData as SharedArrayBuffer) : undefined;
const graphs = new Map<number, LoadedGraph>();
let engine: GraphEngine | undefined;

if (port && busy)
  answerCalls<ThreadRequest>(
    port,
    async (request, id) => {
      if (busy.ending) throw new MidashError("aborted", "the session is closed");
      const value = await answer(request, id);
      return { value, transfer: buffersOf(value) };
    },
    { onDone: () => busy.finish() },
  );

async function answer(request: ThreadRequest, id: number): Promise<unknown> {
  switch (request.do) {
    case "start": {
      const ort = await loadRuntime();
      if (ort.env) ort.env.logLevel = "fatal"; // it would print what is thrown anyway
      engine = runtimeEngine(ort, request.options);
      return undefined;
    }
    case "load": {
      const graph = await engine!.load(request.onnx);
      graphs.set(id, graph);
      return { graph: id, inputs: graph.inputs, outputs: graph.outputs } satisfies LoadedInThread;
    }
    case "run":
      return graphs.get(request.graph)!.run(request.inputs);
    case "dispose":
      graphs.get(request.graph)?.dispose();
      graphs.delete(request.graph);
      return undefined;
  }
}

/** Memory that goes along with a result instead of being copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  return Object.values((value ?? {}) as object).flatMap((tensor: { readonly data?: unknown }) =>
    tensor?.data instanceof Float32Array ? [tensor.data.buffer as ArrayBuffer] : [],
  );
}
