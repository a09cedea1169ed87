import { assert, errorJson, errorText, MidashError } from "../../../base/errors/index.ts";
import type { Backend, GraphSession } from "../backend.ts";
import type { OnnxOptions } from "./options.ts";
import type { OnnxProvider } from "./runtime.ts";
import type { Opened } from "./start.ts";

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
        const { end } = await start(options);
        end();
        return true;
      } catch (error) {
        return { reason: errorText({ ...errorJson(error), where: undefined }) }; // whoever asks says whose reason it is
      }
    },
    async open() {
      return sessionOf(name, provider, await start(options));
    },
  };
}

/** A page that computes elsewhere loads nothing of this. */
async function start(options: OnnxOptions): Promise<Opened> {
  const { started } = await import("./start.ts");
  return started(options);
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
