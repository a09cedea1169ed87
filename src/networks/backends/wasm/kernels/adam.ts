/** One step of Adam for one variable in one pass, where composed ops take some twelve (../assembly/adam.ts). */

import { product } from "../../../../base/bytes/index.ts";
import type { AdamStep, Tf } from "../../backend.ts";
import { ADAM } from "../../tfjs/own-kernels.ts";
import { type KernelArguments, replaceKernel, type TensorInfo } from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";

/** Values of an item, as in the compiled kernel. */
const PART = 16384;

/** For a backend that has compiled kernels. */
export function registerAdam(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, ADAM, ({ inputs, backend: any, attrs }: KernelArguments): TensorInfo[] => {
    const backend = any as HeapBackend;
    const { beta1, beta2, scale, size, epsilon } = attrs as unknown as Parameters<AdamStep>[1];
    const { weights, gradient, first, second } = inputs as Record<string, TensorInfo>;
    const { shape } = weights!;
    const length = product(shape);
    const outputs = [0, 1, 2].map(() => backend.makeOutput(shape, "float32"));
    const tensors = [weights!, gradient!, first!, second!, ...outputs];
    const words = [...tensors.map(({ dataId }) => backend.getMemoryOffset(dataId)), length];
    poolOf(backend)!.run("adam", Math.ceil(length / PART), words, {
      floats: [beta1, beta2, scale, size, epsilon],
    });
    return outputs;
  });
}
