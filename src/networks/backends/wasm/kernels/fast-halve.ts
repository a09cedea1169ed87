/** Max pooling by windows of 2 and stride 2, 2-D and 3-D, compiled (../assembly/halve.ts), for channels in fours. */
import type { Tf } from "../../backend.ts";
import { type PoolWindow, window2d, window3d } from "../../tfjs/max-pool.ts";
import { type KernelArguments, overrideKernel, type TensorInfo } from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";

export function registerFastHalve(tf: Tf, backendName: string): void {
  const ofRank = (x: TensorInfo) => (x.shape.length === 5 ? window3d : window2d);
  for (const name of ["MaxPool", "MaxPool3D"])
    overrideKernel(tf, backendName, name, ({ inputs, backend, attrs }) =>
      forward(backend, inputs.x!, ofRank(inputs.x!)(tf, inputs.x!, attrs)),
    );
  for (const name of ["MaxPoolGrad", "MaxPool3DGrad"])
    overrideKernel(tf, backendName, name, (args) => {
      const x = args.inputs.input!;
      return gradient(args, x, ofRank(x)(tf, x, args.attrs));
    });
}

function forward(backend: unknown, x: TensorInfo, window: PoolWindow): TensorInfo | undefined {
  const pool = poolOf(backend);
  if (!pool || !suits(window)) return undefined;
  const heap = backend as HeapBackend;
  const size = x.shape.length === 5 ? window.output : window.output.slice(1);
  const y = heap.makeOutput([window.batch, ...size, window.channels], "float32");
  pool.run("halve", rowsOf(window), fieldsOf(heap, [x, y, undefined], window));
  return y;
}

function gradient(
  { inputs, backend }: KernelArguments,
  x: TensorInfo,
  window: PoolWindow,
): TensorInfo | undefined {
  const pool = poolOf(backend);
  if (!pool || !suits(window)) return undefined;
  const heap = backend as HeapBackend;
  const dx = heap.makeOutput(x.shape, "float32");
  // An odd row or column that no window reads.
  if (window.input.some((n, d) => n !== window.output[d]! * window.filter[d]!))
    heap.typedArrayFromHeap(dx).fill(0);
  pool.run("halveGradient", rowsOf(window), fieldsOf(heap, [x, inputs.dy!, dx], window));
  return dx;
}

function suits({ filter, stride, before, channels }: PoolWindow): boolean {
  const two = (triple: readonly number[]) => triple[0]! <= 2 && triple[1] === 2 && triple[2] === 2;
  return (
    channels % 4 === 0 && two(filter) && String(filter) === String(stride) && before.every((n) => n === 0)
  );
}

function rowsOf({ batch, output }: PoolWindow): number {
  return batch * output[0] * output[1];
}

function fieldsOf(
  backend: HeapBackend,
  tensors: readonly (TensorInfo | undefined)[],
  window: PoolWindow,
): number[] {
  const { input, output, channels, filter } = window;
  const pointers = tensors.map((info) => (info ? backend.getMemoryOffset(info.dataId) : 0));
  return [...pointers, ...input, channels, ...output, filter[0]];
}
