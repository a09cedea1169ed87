import { MidashError } from "../../../base/errors/index.ts";
import { loadPackage } from "../../../base/platform/index.ts";
import { encodeOnnx, type NamedArray } from "../../layers/index.ts";
import type { GraphEngine, LoadedGraph } from "../graph.ts";

/** Where ONNX Runtime computes. */
export type OnnxProvider = "cpu" | "cuda" | "webgpu";

/** The part of the modules `onnxruntime-node` and `onnxruntime-web` that is used. */
export interface OrtModule {
  readonly env?: { logLevel?: string; readonly versions?: Readonly<Record<string, string | undefined>> };
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OrtSession>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
}

interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
  /** Waits for data that is still on a GPU. */
  getData?(): Promise<unknown>;
  dispose?(): void;
}

interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** How sessions of the runtime are made. */
export interface RuntimeOptions {
  readonly provider: OnnxProvider;
  /** What the provider is called by this module: `wasm` is onnxruntime-web's cpu. */
  readonly providerName: string;
  /** Threads of one pass; the runtime's choice when absent. */
  readonly threads?: number;
}

/** Of the runtime's messages, which go to stderr, where a library has nothing to say: what they tell is thrown as well. */
const FATAL_ONLY = 4;

/**
 * @param given what loads it; default: onnxruntime-node, from where its user has it
 * @throws MidashError `missing-package`
 */
export async function loadRuntime(given?: () => Promise<unknown>): Promise<OrtModule> {
  if (!given)
    return loadPackage<OrtModule>("onnxruntime-node", {
      where: "onnx",
      install: "--ignore-scripts onnxruntime-node",
      note: "its install script only fetches CUDA",
    });
  let cause: unknown;
  try {
    const loaded = (await given()) as Partial<OrtModule> & { readonly default?: OrtModule };
    const ort = loaded.InferenceSession ? (loaded as OrtModule) : loaded.default; // CommonJS packages come as the default when imported
    if (ort?.InferenceSession) return ort;
  } catch (error) {
    cause = error;
  }
  throw new MidashError("missing-package", "the option runtime gives no ONNX Runtime", {
    where: "onnx",
    hint: 'give () => import("onnxruntime-web")',
    cause,
  });
}

/** An engine that computes in the thread that calls it. */
export function runtimeEngine(ort: OrtModule, options: RuntimeOptions): GraphEngine {
  const { providerName, threads } = options;
  return {
    async load(graph) {
      const onnx = await encodeOnnx(graph);
      let session: OrtSession;
      try {
        session = await ort.InferenceSession.create(onnx, {
          executionProviders: [providerName],
          logSeverityLevel: FATAL_ONLY,
          ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
        });
      } catch (cause) {
        throw new MidashError("unsupported", `ONNX Runtime refuses the network: ${messageOf(cause)}`, {
          where: "onnx",
          cause,
        });
      }
      return graphOf(ort, session);
    },
  };
}

function graphOf(ort: OrtModule, session: OrtSession): LoadedGraph {
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(inputs) {
      const feeds = Object.entries(inputs).map(
        ([name, { data, shape }]) => [name, new ort.Tensor("float32", data, shape)] as const,
      );
      let results: Readonly<Record<string, OrtTensor>>;
      try {
        results = await session.run(Object.fromEntries(feeds));
      } catch (cause) {
        throw new MidashError("invalid-argument", `ONNX Runtime failed: ${messageOf(cause)}`, {
          where: "onnx",
          cause,
        });
      }
      const outputs: Record<string, NamedArray> = {};
      for (const [name, tensor] of Object.entries(results)) {
        const data = tensor.getData ? await tensor.getData() : tensor.data;
        if (!(data instanceof Float32Array))
          throw new MidashError("unsupported", `the output "${name}" is ${tensor.type}, not float32`, {
            where: "onnx",
          });
        outputs[name] = { data, shape: tensor.dims };
      }
      return outputs;
    },
    dispose: () => void session.release().catch(() => undefined),
  };
}

/** A native module, and those of another thread, may throw anything. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
