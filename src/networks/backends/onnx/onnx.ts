import { assert, errorJson, errorText, MidashError } from "../../../base/errors/index.ts";
import { nodeModule } from "../../../base/platform/index.ts";
import type { Graph } from "../../layers/index.ts";
import type { Backend, GraphSession } from "../backend.ts";
import type { GraphEngine } from "../graph.ts";
import { loadRuntime, messageOf, type OnnxProvider, type OrtModule, runtimeEngine } from "./runtime.ts";
import { startThread, threadScript } from "./thread.ts";

/** Options of {@link onnx}. */
export interface OnnxOptions {
  /** Where it computes. Default `cpu`, which every installation has; another that does not start is refused, never replaced. */
  readonly provider?: OnnxProvider;
  /** Threads of one pass, on the CPU. Default: ONNX Runtime's, one for each core. */
  readonly threads?: number;
  /**
   * What loads ONNX Runtime, e.g. `() => import("onnxruntime-web")`, which a page must give. It then computes in the thread that
   * calls. Default: onnxruntime-node, in a thread of its own, since its passes block.
   */
  readonly runtime?: () => Promise<unknown>;
}

/** What a provider needs. */
const STARTS: Readonly<Record<OnnxProvider, string>> = {
  cpu: "reinstall onnxruntime-node",
  cuda: "it needs an NVIDIA GPU, CUDA 12, and the libraries that `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` fetches",
  webgpu: "it needs a GPU with a Vulkan, Metal or Direct3D 12 driver",
};

/** An engine, and what frees it. */
interface Opened {
  readonly engine: GraphEngine;
  end(): void;
}

/**
 * ONNX Runtime (https://onnxruntime.ai), for inference: the fastest on a CPU. It computes models that can be a graph, see
 * `ModelSpec.graph`, and nothing else: its session has no tensors. Needs the package onnxruntime-node, in browsers onnxruntime-web.
 *
 * @example
 * const synthesizer = new Synthesizer(bundle, { backend: onnx() });
 *
 * @throws MidashError `invalid-argument` for impossible options; what is missing is told when it is opened
 */
export function onnx(options: OnnxOptions = {}): Backend<GraphSession> {
  const { provider = "cpu", threads } = options;
  assert(
    ["cpu", "cuda", "webgpu"].includes(provider),
    `provider must be cpu, cuda or webgpu, got ${JSON.stringify(provider)}`,
    { where: "onnx" },
  );
  assert(
    threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= 256),
    `threads must be a whole number from 1 to 256, got ${threads}`,
    { where: "onnx" },
  );
  const name = provider === "cpu" ? "onnx" : `onnx-${provider}`;
  return {
    name,
    async supports() {
      try {
        const { end } = await started(options);
        end();
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    async open() {
      return sessionOf(name, provider, await started(options));
    },
  };
}

/** y = x for one number: what an engine must be able to run. */
const PROBE: Graph = {
  name: "probe",
  nodes: [{ type: "Identity", inputs: ["x"], outputs: ["y"], attributes: {} }],
  constants: [],
  inputs: [{ name: "x", shape: [1] }],
  outputs: [{ name: "y", shape: [1] }],
};

/** An engine that has proved to work, by the smallest of graphs. */
async function started(options: OnnxOptions): Promise<Opened> {
  const opened = await engineOf(options);
  try {
    const graph = await opened.engine.load(PROBE);
    const { y } = await graph.run({ x: { data: Float32Array.of(-2), shape: [1] } });
    graph.dispose();
    if (y?.data[0] !== -2) throw new MidashError("unsupported", "gives wrong numbers", { where: "onnx" });
    return opened;
  } catch (cause) {
    opened.end();
    if (MidashError.is(cause) && cause.kind === "missing-package") throw cause;
    const { provider = "cpu" } = options;
    const what = messageOf(cause).replace(/^onnx: ONNX Runtime refuses the network: /, "");
    throw new MidashError("unsupported", `the provider ${provider} of ONNX Runtime does not start: ${what}`, {
      hint: STARTS[provider],
      cause,
    });
  }
}

async function engineOf({ provider = "cpu", threads, runtime }: OnnxOptions): Promise<Opened> {
  const inNode = nodeModule("node:fs") !== undefined;
  const script = runtime === undefined ? threadScript() : undefined;
  if (script !== undefined) {
    const engine = await startThread(script, { provider, providerName: provider, threads });
    return { engine, end: () => engine.end() };
  }
  if (runtime === undefined && !inNode)
    throw new MidashError("missing-package", "ONNX Runtime was not given", {
      where: "onnx",
      hint: 'outside Node: onnx({ runtime: () => import("onnxruntime-web") })',
    });
  const ort = await loadRuntime(runtime);
  const providerName = provider === "cpu" && isWeb(ort) ? "wasm" : provider;
  return { engine: runtimeEngine(ort, { provider, providerName, threads }), end: () => undefined };
}

/** onnxruntime-web calls its CPU provider wasm. */
function isWeb({ env }: OrtModule): boolean {
  return env?.versions?.web !== undefined;
}

function sessionOf(name: string, provider: OnnxProvider, { engine, end }: Opened): GraphSession {
  let closed = false;
  return {
    backend: name,
    can: { train: false, deterministic: provider === "cpu" },
    graphs: {
      load: async (graph) => {
        if (closed) throw new MidashError("invalid-argument", "the session is closed", { where: name });
        return engine.load(graph);
      },
    },
    seed: () => undefined, // nothing here draws
    async run(work) {
      if (closed) throw new MidashError("invalid-argument", "the session is closed", { where: name });
      return work();
    },
    close() {
      closed = true;
      end();
    },
  };
}
