import { product } from "../../../base/bytes/index.ts";
import { Calls, findScript } from "../../../base/calls/index.ts";
import { assert, MidashError } from "../../../base/errors/index.ts";
import { nodeModule } from "../../../base/platform/index.ts";
import { encodeOnnx, type NamedArrays } from "../../layers/index.ts";
import type { GraphEngine, LoadedGraph } from "../graph.ts";
import { Busy, sharedBusy } from "./busy.ts";
import type { RuntimeOptions } from "./runtime.ts";
import type { LoadedInThread, ThreadRequest } from "./thread-main.ts";

/** An engine in a thread of its own; `end` ends the thread. */
export interface ThreadEngine extends GraphEngine {
  end(): void;
}

/** The thread's script; `undefined` outside Node, and where the package was bundled and the script was left behind. */
export function threadScript(): string | URL | undefined {
  const fs = nodeModule("node:fs");
  return fs && findScript("backends/onnx-thread.js", (place) => fs.existsSync(place));
}

/**
 * Starts a thread that computes graphs with onnxruntime-node. It keeps the process alive only while a call waits.
 *
 * @throws MidashError `missing-package` when onnxruntime-node does not load there
 */
export async function startThread(script: string | URL, options: RuntimeOptions): Promise<ThreadEngine> {
  const { calls, end } = started(script);
  try {
    await calls.ask({ do: "start", options });
  } catch (cause) {
    end();
    throw cause;
  }
  return {
    end,
    async load(graph) {
      const onnx = await encodeOnnx(graph);
      const loaded = (await calls.ask(
        { do: "load", onnx },
        { transfer: [onnx.buffer as ArrayBuffer] },
      )) as LoadedInThread;
      return graphIn(calls, loaded);
    },
  };
}

function graphIn(calls: Calls<ThreadRequest>, { graph, inputs, outputs }: LoadedInThread): LoadedGraph {
  return {
    inputs,
    outputs,
    async run(tensors, { signal } = {}) {
      for (const [name, { data, shape }] of Object.entries(tensors))
        assert(
          data.length === product(shape),
          `the input "${name}" has ${data.length} values, not those of [${shape.join(", ")}]`,
          { where: "onnx", hint: "give each pass memory of its own: it goes along to the thread" },
        );
      const buffers = Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
      return calls.ask(
        { do: "run", graph, inputs: tensors },
        { transfer: [...new Set(buffers)], signal },
      ) as Promise<NamedArrays>;
    },
    dispose: () => void calls.ask({ do: "dispose", graph }).catch(() => undefined),
  };
}

/** A thread, and what ends it when it is through with the pass that runs. */
function started(script: string | URL): { readonly calls: Calls<ThreadRequest>; readonly end: () => void } {
  const memory = sharedBusy();
  const busy = new Busy(memory);
  const { Worker } = nodeModule("node:worker_threads")!;
  const thread = new Worker(script, { workerData: memory, execArgv: [] });
  const unguard = busy.guardExit();
  thread.on("exit", () => {
    busy.gone();
    unguard();
  });
  const refusal = (what: string, cause?: unknown) =>
    new MidashError("invalid-argument", what, { where: "onnx", cause });
  const terminateIfIdle = () => {
    if (calls.ended && busy.idle) void thread.terminate();
  };
  const calls = new Calls<ThreadRequest>(thread, {
    lost: (how, cause) => refusal(`its thread ${how}`, cause),
    onSent: () => busy.begin(),
    onAnswer: terminateIfIdle,
  });
  return {
    calls,
    end() {
      busy.end();
      calls.end(refusal("the session is closed"));
      terminateIfIdle();
    },
  };
}
