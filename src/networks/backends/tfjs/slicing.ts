import { product } from "../../../base/bytes/index.ts";
import type { Tf } from "../backend.ts";
import { hostArrays, hostKernel, type KernelArguments, overrideKernel, type TensorInfo } from "./register.ts";

/**
 * Slices, splits and joins of float32 by plain loops. tfjs 4.22's wasm kernels make arrays for every row, of a few numbers where channels are divided, and
 * above rank 4 look up every number by its indices: a training step of a 3-D network with labels took 12 s, 11 of them here.
 */
export function registerSlicing(tf: Tf, backendName: string): void {
  overrideKernel(tf, backendName, "Slice", (args) => slice(tf, args));
  overrideKernel(tf, backendName, "SplitV", (args) => split(tf, args));
  overrideKernel(tf, backendName, "Concat", (args) => concat(tf, args));
}

function slice(tf: Tf, { inputs, backend, attrs }: KernelArguments): TensorInfo | undefined {
  const x = inputs.x!;
  if (x.dtype !== "float32") return undefined;
  const [begin, size] = tf.slice_util.parseSliceParams(
    x as Parameters<typeof tf.slice_util.parseSliceParams>[0],
    attrs.begin as number[],
    attrs.size as number[],
  ) as [number[], number[]];
  const { output, out, views } = hostKernel(backend, [x], size);
  if (out.length > 0) copyBox(views[0]!, x.shape, begin, size, out);
  return output;
}

function split(tf: Tf, { inputs, backend, attrs }: KernelArguments): TensorInfo[] | undefined {
  const x = inputs.x!;
  if (x.dtype !== "float32") return undefined;
  const axis = tf.util.parseAxisParam(attrs.axis as number, x.shape)[0]!;
  const given = attrs.numOrSizeSplits as number | number[];
  const sizes = tf.backend_util.prepareSplitSize(x, typeof given === "number" ? given : given.slice(), axis);
  const shapes = sizes.map((size) => x.shape.map((n, d) => (d === axis ? size : n)));
  const { infos, outputs, views } = hostArrays(backend, [x], shapes);
  const inner = product(x.shape.slice(axis + 1));
  const row = x.shape[axis]! * inner;
  let at = 0;
  for (const [n, out] of outputs.entries()) {
    const run = sizes[n]! * inner;
    copyRows({ data: views[0]!, at, row }, { data: out, at: 0, row: run }, run);
    at += run;
  }
  return infos;
}

function concat(tf: Tf, { inputs, backend, attrs }: KernelArguments): TensorInfo | undefined {
  const parts = Object.values(inputs).filter(({ shape }) => product(shape) > 0);
  if (parts.length < 2 || parts.some(({ dtype }) => dtype !== "float32")) return undefined;
  const axis = tf.util.parseAxisParam(attrs.axis as number, parts[0]!.shape)[0]!;
  const shapes = parts.map(({ shape }) => shape);
  tf.backend_util.assertParamsConsistent(shapes, axis);
  const shape = tf.backend_util.computeOutShape(shapes, axis);
  const { output, out, views } = hostKernel(backend, parts, shape);
  const inner = product(shape.slice(axis + 1));
  let at = 0;
  for (const [n, data] of views.entries()) {
    const run = shapes[n]![axis]! * inner;
    copyRows({ data, at: 0, row: run }, { data: out, at, row: shape[axis]! * inner }, run);
    at += run;
  }
  return output;
}

/** Rows of an array: the first begins at `at`, each next one `row` further. */
interface Rows {
  readonly data: Float32Array;
  readonly at: number;
  readonly row: number;
}

/** From here on copying a row as an array of its own is faster than one by one. */
const LONG = 64;

/** Copies `run` numbers of each row, as many rows as `to` has. */
function copyRows(from: Rows, to: Rows, run: number): void {
  if (run === 0) return;
  const [source, target] = [from.data, to.data];
  for (let s = from.at, t = to.at; t < target.length; s += from.row, t += to.row) {
    if (run >= LONG) target.set(source.subarray(s, s + run), t);
    else for (let i = 0; i < run; i++) target[t + i] = source[s + i]!;
  }
}

/** Copies a box of an array of any rank: the axes that are whole at its end as one, and the one before them run by run. */
function copyBox(
  data: Float32Array,
  shape: readonly number[],
  begin: readonly number[],
  size: readonly number[],
  out: Float32Array,
): void {
  let axis = shape.length - 1;
  while (axis > 0 && size[axis] === shape[axis]) axis--;
  const strides = shape.map((_, d) => product(shape.slice(d + 1)));
  const run = size[axis]! * strides[axis]!;
  const outer = shape.slice(0, Math.max(0, axis - 1)).length;
  const rows = axis > 0 ? size[axis - 1]! : 1;
  const row = axis > 0 ? strides[axis - 1]! : run;
  const place = new Array<number>(outer).fill(0);
  for (let t = 0; t < out.length; t += rows * run) {
    let at = 0;
    for (let d = 0; d < shape.length; d++) at += (begin[d]! + (place[d] ?? 0)) * strides[d]!;
    copyRows({ data, at, row }, { data: out.subarray(t, t + rows * run), at: 0, row: run }, run);
    for (let d = outer - 1; d >= 0 && ++place[d]! === size[d]; d--) place[d] = 0;
  }
}
