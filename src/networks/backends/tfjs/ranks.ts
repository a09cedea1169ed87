/**
 * tfjs 4.22's shaders for tensors of 3-D images, of rank 5: those of WebGPU index the fifth size of a shape as if it were a vector's, so that none of two tensors
 * compiles; WebGL has none that selects, and one that pads and does not compile. Axes that two shapes treat alike are one axis in memory, so such ops are done on
 * tensors of lower rank.
 */
import type { Tf } from "../backend.ts";
import {
  asTensor,
  composeKernel,
  type KernelArguments,
  overrideKernel,
  type TensorInfo,
} from "./register.ts";

/** What works up to here. */
const MOST = 4;

const BINARY = [
  "Add",
  "Sub",
  "Multiply",
  "RealDiv",
  "Maximum",
  "Minimum",
  "SquaredDifference",
  "Pow",
  "Prelu",
  "Greater",
  "GreaterEqual",
  "Less",
  "LessEqual",
  "Equal",
  "NotEqual",
  "LogicalAnd",
  "FloorDiv",
  "Mod",
];

/** Ops of two tensors. */
export function registerBinaryRanks(tf: Tf, backendName: string): void {
  for (const name of BINARY)
    overrideKernel(tf, backendName, name, ({ inputs, backend, attrs }) => {
      const entries = Object.entries(inputs);
      if (entries.every(([, { shape }]) => shape.length <= MOST)) return undefined;
      const shapes = joinedAxes(entries.map(([, { shape }]) => shape));
      const rank = Math.max(...entries.map(([, { shape }]) => shape.length));
      const full = entries.map(([, { shape }]) => [...Array(rank - shape.length).fill(1), ...shape]);
      const outShape = full[0]!.map((size: number, axis) => (size === 1 ? full[1]![axis] : size)) as number[];
      return again(tf, name, { inputs, backend, attrs }, shapes, outShape);
    });
}

/** Selecting and padding. */
export function registerRanks(tf: Tf, backendName: string): void {
  overrideKernel(tf, backendName, "Select", (args) => {
    const { t } = args.inputs as Record<string, TensorInfo>;
    if (t!.shape.length <= MOST) return undefined;
    const size = [t!.shape.reduce((a, b) => a * b, 1)];
    return again(tf, "Select", args, [size, size, size], t!.shape);
  });
  overrideKernel(tf, backendName, "PadV2", ({ inputs, backend, attrs }) =>
    padded(tf, inputs.x!, backend, attrs),
  );
}

/** The op on its inputs in other shapes. */
function again(
  tf: Tf,
  name: string,
  { inputs, backend, attrs }: KernelArguments,
  shapes: readonly (readonly number[])[],
  outShape: readonly number[],
): TensorInfo {
  return composeKernel(tf, backend, () => {
    const given = Object.entries(inputs).map(([key, info], n) => {
      return [key, tf.reshape(asTensor(tf, backend, info), shapes[n]! as number[])] as const;
    });
    const made = tf.engine().runKernel(name, Object.fromEntries(given), attrs as never);
    return tf.reshape(made as never, outShape as number[]);
  });
}

/** Two shapes, broadcast to each other, with neighbouring axes joined where both have them or one repeats over both. */
function joinedAxes(shapes: readonly (readonly number[])[]): number[][] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const full = shapes.map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const joined: number[][] = shapes.map(() => []);
  let before = "";
  for (let axis = 0; axis < rank; axis++) {
    const sizes = full.map((shape) => shape[axis]!);
    if (sizes.every((size) => size === 1)) continue;
    const kind = sizes.map((size) => (size === 1 ? "repeated" : "own")).join();
    for (const [n, shape] of joined.entries())
      if (kind === before) shape[shape.length - 1]! *= sizes[n]!;
      else shape.push(sizes[n]!);
    before = kind;
  }
  return joined.map((shape) => (shape.length > 0 ? shape : [1]));
}

/** Axis by axis where there are too many: those before and behind an axis are one each. */
function padded(
  tf: Tf,
  x: TensorInfo,
  backend: unknown,
  attrs: KernelArguments["attrs"],
): TensorInfo | undefined {
  if (x.shape.length <= MOST) return undefined;
  const { paddings, constantValue } = attrs as unknown as {
    readonly paddings: readonly (readonly [number, number])[];
    readonly constantValue: number;
  };
  return composeKernel(tf, backend, () => {
    let value = asTensor(tf, backend, x);
    const shape = [...x.shape];
    for (const [axis, [before, after]] of paddings.entries()) {
      if (before + after === 0) continue;
      const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
      const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      value = tf.pad(
        tf.reshape(value, [outer, shape[axis]!, inner]),
        [
          [0, 0],
          [before, after],
          [0, 0],
        ],
        constantValue,
      );
      shape[axis] = shape[axis]! + before + after;
    }
    return tf.reshape(value, shape);
  });
}
