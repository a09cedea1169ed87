import type * as TfCore from "@tensorflow/tfjs-core";
import { product } from "../../../base/bytes/index.ts";
import type { Tf } from "../backend.ts";

/** A tensor's identity inside a kernel. */
export type TensorInfo = TfCore.TensorInfo;
type Values = Float32Array | Int32Array | Uint8Array;

/** Registers `kernelFunc` for a backend in place of the one it shipped with, if any. */
export function replaceKernel(
  tf: Tf,
  backendName: string,
  kernelName: string,
  kernelFunc: (args: KernelArguments) => TensorInfo | TensorInfo[],
): void {
  if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ backendName, kernelName, kernelFunc: kernelFunc as unknown as TfCore.KernelFunc });
}

/** The kernel that an override stands in front of. */
const BEHIND = Symbol.for("@midash/core/kernel-behind");

type Kernel = (args: KernelArguments) => TensorInfo | TensorInfo[];

/**
 * Puts `kernelFunc` in front of the kernel that is registered: where it gives undefined, that one computes. Doing it again, as
 * every new session does, changes nothing.
 */
export function overrideKernel(
  tf: Tf,
  backendName: string,
  kernelName: string,
  kernelFunc: (args: KernelArguments) => TensorInfo | TensorInfo[] | undefined,
): void {
  const config = tf.getKernel(kernelName, backendName);
  const present = config?.kernelFunc as unknown as (Kernel & { readonly [BEHIND]?: Kernel }) | undefined;
  if (!config || !present || present[BEHIND]) return;
  const both = (args: KernelArguments) => kernelFunc(args) ?? present(args);
  tf.unregisterKernel(kernelName, backendName);
  // The rest, too: the kernel behind is set up when the backend starts.
  tf.registerKernel({
    ...config,
    kernelFunc: Object.assign(both, { [BEHIND]: present }) as unknown as TfCore.KernelFunc,
  });
}

/** What tf hands to a kernel. */
export interface KernelArguments {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly backend: unknown;
  readonly attrs: Readonly<Record<string, unknown>>;
}

interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: string): TensorInfo;
  typedArrayFromHeap(info: TensorInfo): Values;
}

interface CpuBackend {
  readonly data: { get(id: object): { values: Values } };
  makeTensorInfo(shape: readonly number[], dtype: string, values: Values): TensorInfo;
}

/** Allocated float32 outputs and views of them and of the inputs, for kernels written in plain JavaScript. */
export function hostArrays(
  backend: unknown,
  inputs: readonly TensorInfo[],
  shapes: readonly (readonly number[])[],
): {
  readonly infos: TensorInfo[];
  readonly outputs: readonly Float32Array[];
  readonly views: readonly Float32Array[];
} {
  if (isWasm(backend)) {
    // Views only after all allocations: growing the heap detaches older ones.
    const infos = shapes.map((shape) => backend.makeOutput(shape, "float32"));
    const view = (info: TensorInfo) => backend.typedArrayFromHeap(info) as Float32Array;
    return { infos, outputs: infos.map(view), views: inputs.map(view) };
  }
  const host = backend as CpuBackend;
  const outputs = shapes.map((shape) => new Float32Array(product(shape)));
  return {
    infos: outputs.map((values, i) => host.makeTensorInfo(shapes[i]!, "float32", values)),
    outputs,
    views: inputs.map((info) => host.data.get(info.dataId).values as Float32Array),
  };
}

/** {@link hostArrays} for one output. */
export function hostKernel(backend: unknown, inputs: readonly TensorInfo[], shape: readonly number[]) {
  const { infos, outputs, views } = hostArrays(backend, inputs, [shape]);
  return { output: infos[0]!, out: outputs[0]!, views };
}

function isWasm(backend: unknown): backend is WasmBackend {
  return typeof backend === "object" && backend !== null && "typedArrayFromHeap" in backend;
}

/** Wraps raw infos as tensors, so that kernels can be composed of ops; the caller's references stay its own. */
export function asTensor<T extends TfCore.Tensor>(tf: Tf, backend: unknown, info: TensorInfo): T {
  // The wrapping tensor will release the data when it is disposed, so it needs a reference of its own.
  (backend as { incRef(id: object): void }).incRef(info.dataId);
  return tf.engine().makeTensorFromTensorInfo(info) as T;
}

/** Runs `body` as a kernel composed of ops: everything but the result is released. */
export function composeKernel(tf: Tf, backend: unknown, body: () => TfCore.Tensor): TensorInfo {
  return composeKernels(tf, backend, () => [body()])[0]!;
}

/** {@link composeKernel} for several results. */
export function composeKernels(tf: Tf, backend: unknown, body: () => TfCore.Tensor[]): TensorInfo[] {
  return tf.tidy(body).map((result) => {
    (backend as { incRef(id: object): void }).incRef(result.dataId);
    const info = { dataId: result.dataId, shape: result.shape, dtype: result.dtype };
    result.dispose();
    return info;
  });
}
