import type { TensorInfo } from "../tfjs/register.ts";
import type { KernelPool } from "./pool.ts";

/** Kept on tfjs's backend itself, which kernels are given: the ESM and CJS builds of this library share it. */
const POOL = Symbol.for("@midash/core/kernel-pool");

/** What is used of tfjs's wasm backend. */
export interface HeapBackend {
  makeOutput(shape: readonly number[], dtype: string): TensorInfo;
  getMemoryOffset(id: object): number;
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array;
  disposeData(id: object): void;
  [POOL]?: KernelPool;
}

/** Gives a backend its compiled kernels. */
export function attachPool(backend: object, pool: KernelPool): void {
  (backend as HeapBackend)[POOL] = pool;
}

/** The compiled kernels of a backend; none where tfjs started it by itself. */
export function poolOf(backend: unknown): KernelPool | undefined {
  return (backend as HeapBackend)[POOL];
}
