/** Who computes in the GPU suite. */
export type EngineName = keyof typeof ENGINES;

/** A process that computes under one name or several, and what people call it. */
interface EngineEntry {
  /** Engines of one process share its start. */
  readonly process: "midash" | "midash-f16" | "tfjs" | "jax" | "onnx" | "pytorch";
  readonly title: string;
  /** How far its numbers may lie from those of float32, relative. */
  readonly tolerance: number;
}

export const ENGINES = {
  midash: { process: "midash", title: "midash, float32", tolerance: 1e-3 },
  "midash-f16": { process: "midash-f16", title: "midash, float16", tolerance: 2e-2 },
  tfjs: { process: "tfjs", title: "tfjs-webgpu as published", tolerance: 1e-3 },
  jax: { process: "jax", title: "jax-js", tolerance: 1e-3 },
  onnx: { process: "onnx", title: "ONNX Runtime, WebGPU", tolerance: 1e-3 },
  "torch-fp32": { process: "pytorch", title: "PyTorch, float32, TF32 off", tolerance: 1e-3 },
  "torch-tf32": { process: "pytorch", title: "PyTorch, TF32", tolerance: 2e-2 },
  "torch-amp": { process: "pytorch", title: "PyTorch, AMP float16, channels last", tolerance: 2e-2 },
} as const satisfies Readonly<Record<string, EngineEntry>>;
