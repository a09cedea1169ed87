import { MidashError } from "../../../base/errors/index.ts";
import { nodeModule } from "../../../base/platform/index.ts";
import type { Graph } from "../../layers/index.ts";
import type { GraphEngine } from "../graph.ts";
import type { OnnxOptions } from "./options.ts";
import { loadRuntime, messageOf, type OnnxProvider, type OrtModule, runtimeEngine } from "./runtime.ts";
import { startThread, threadScript } from "./thread.ts";

/** What a provider needs. */
const STARTS: Readonly<Record<OnnxProvider, string>> = {
  cpu: "reinstall onnxruntime-node",
  cuda: "it needs an NVIDIA GPU, CUDA 12, and the libraries that `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` fetches",
  webgpu: "it needs a GPU with a Vulkan, Metal or Direct3D 12 driver",
};

/** An engine, and what frees it. */
export interface Opened {
  readonly engine: GraphEngine;
  end(): void;
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
export async function started(options: OnnxOptions): Promise<Opened> {
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
