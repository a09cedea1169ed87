import type { OnnxProvider } from "./runtime.ts";

/** Options of the backend `onnx`. */
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
