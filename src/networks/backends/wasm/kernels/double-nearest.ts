/** Doubling of H and W, in 3-D of D too, by repeating pixels, and its gradient (../assembly/double.ts). */
import { product } from "../../../../base/bytes/index.ts";
import type { Tf } from "../../backend.ts";
import { DOUBLE_NEAREST, DOUBLE_NEAREST_GRAD } from "../../tfjs/own-kernels.ts";
import { replaceKernel, type TensorInfo } from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";

/** For a backend that has compiled kernels. */
export function registerDoubleNearest(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, DOUBLE_NEAREST, ({ inputs, backend }) => {
    const x = inputs.x!;
    const y = (backend as HeapBackend).makeOutput(scaled(x.shape, 2), "float32");
    run("double", backend as HeapBackend, x, y);
    return y;
  });
  replaceKernel(tf, backendName, DOUBLE_NEAREST_GRAD, ({ inputs, backend }) => {
    const dy = inputs.dy!;
    const dx = (backend as HeapBackend).makeOutput(scaled(dy.shape, 1 / 2), "float32");
    run("doubleGradient", backend as HeapBackend, dx, dy);
    return dx;
  });
}

function run(
  job: "double" | "doubleGradient",
  backend: HeapBackend,
  small: TensorInfo,
  large: TensorInfo,
): void {
  const [height, width, channels] = small.shape.slice(-3) as [number, number, number];
  const rows = product(small.shape.slice(0, -2));
  const pointers = [small, large].map(({ dataId }) => backend.getMemoryOffset(dataId));
  poolOf(backend)!.run(job, rows, [...pointers, width, height, channels, small.shape.length - 3]);
}

function scaled(shape: readonly number[], factor: number): number[] {
  return shape.map((size, axis) => (axis === 0 || axis === shape.length - 1 ? size : size * factor));
}
