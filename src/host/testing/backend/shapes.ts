import { Random } from "../../../base/random/index.ts";
import { convolve, convolveGradients, type Exact, normLeaky, pool, repeat, repeatGradient } from "./exact.ts";
import type { OpCase } from "./ops.ts";

/** Closer to the kink of a leaky ReLU than this, float32 may fall on its other side: the gradient is not asked for there. */
const MARGIN = 1e-3;

/** Fast kernels have paths for multiples of 4 and of 8 channels, and for what is left over at the end of a row. */
const CHANNELS_2D: readonly (readonly [number, number])[] = [
  [1, 8],
  [8, 1],
  [2, 3],
  [4, 4],
  [4, 8],
  [8, 8],
  [8, 12],
  [9, 5],
  [12, 16],
  [16, 16],
  [3, 16],
  [20, 24],
];
const SIZES_2D: readonly (readonly number[])[] = [
  [1, 1],
  [1, 9],
  [2, 3],
  [3, 2],
  [4, 4],
  [5, 7],
  [6, 8],
  [7, 5],
  [8, 6],
  [9, 9],
];
const CHANNELS_3D: readonly (readonly [number, number])[] = [
  [1, 4],
  [4, 1],
  [2, 3],
  [4, 8],
  [8, 8],
  [8, 12],
  [5, 9],
  [16, 16],
];
const SIZES_3D: readonly (readonly number[])[] = [
  [1, 1, 1],
  [1, 4, 5],
  [2, 3, 1],
  [3, 2, 4],
  [4, 4, 4],
  [5, 6, 7],
];

/** More than fast kernels take at once, so that they share channels out; full blocks and what is left over. */
const WIDE: readonly (readonly [number, number])[] = [
  [72, 68],
  [24, 136],
  [132, 40],
  [65, 35],
];

/**
 * Layers at the shapes at which fast kernels take other paths: single pixels, odd sides, rows shorter and longer than a vector, channels that
 * fill vectors and that don't, strides; and two as large as those of networks. Inputs are drawn, so they need no storing.
 */
export function* shapeCases(): Generator<OpCase> {
  for (const channels of CHANNELS_2D) for (const size of SIZES_2D) yield convolution(2, size, 3, channels);
  for (const channels of CHANNELS_3D) for (const size of SIZES_3D) yield convolution(1, size, 3, channels);
  for (const channels of CHANNELS_2D) yield convolution(3, [5, 6], 1, channels);
  for (const channels of CHANNELS_3D) yield convolution(2, [3, 2, 5], 1, channels);
  for (const channels of WIDE) {
    yield convolution(1, [9, 6], 3, channels);
    yield convolution(1, [2, 3, 3], 3, channels);
    yield convolution(2, [7, 5], 1, channels);
  }
  yield convolution(2, [33, 30], 3, [12, 20]);
  yield convolution(1, [9, 14, 15], 3, [12, 8]);
  for (const [side, stride, pad] of STRIDED)
    for (const channels of [CHANNELS_2D[2]!, CHANNELS_2D[5]!, CHANNELS_2D[7]!]) {
      for (const size of [
        [4, 4],
        [5, 7],
        [9, 6],
      ])
        yield strided(size, side, channels, stride, pad);
      // In 3-D tfjs-core 4.22 pads by -1 where the filter is smaller than the stride.
      if (side >= stride) yield strided([4, 5, 6], side, channels, stride, pad);
    }
  for (const channels of [1, 3, 4, 8, 13, 16, 20, 36])
    for (const size of [
      [1, 1],
      [2, 3],
      [5, 7],
      [8, 8],
      [1, 3, 2],
      [2, 3, 4],
      [3, 5, 5],
    ]) {
      yield norm(size, channels, "instance", 0.01);
      // Of two pixels the gradient is a difference of equal numbers: nothing is left of it in float32.
      if (size.some((n) => n > 1)) yield norm(size, channels, "batch", 0.01);
      yield norm(size, channels, "instance", 1);
    }
  for (const channels of [1, 3, 4, 8, 13])
    for (const size of [
      [1, 1],
      [2, 3],
      [5, 4],
      [8, 8],
      [1, 1, 2],
      [2, 3, 4],
    ]) {
      yield doubled(size, channels);
      if (size.every((n) => n > 1)) yield halved(size, channels);
      yield pair(size, [channels, 3, 8]);
      yield pair(size, [8, channels, 4]);
      if (channels === 8) for (const sizes of PAIRS) yield pair(size, sizes);
      yield transposed(size, [channels, 4]);
      yield transposed(size, [8, channels]);
    }
}

const PAIRS: readonly (readonly [number, number, number])[] = [
  [8, 8, 8],
  [16, 8, 12],
  [8, 24, 20],
];

const STRIDED = [
  [3, 2, "same"],
  [4, 2, "same"],
  [2, 2, "valid"],
  [3, 1, "valid"],
  [1, 2, "same"],
] as const;

/** A case as it is being made: a generator of its own, so that no case depends on another. */
class Draw {
  readonly #random: Random;

  constructor(name: string) {
    this.#random = new Random(`shapes/${name}`);
  }

  /** Float32 values of both signs, mostly below 0. */
  values(shape: readonly number[], scale = 1, shift = -0.3 * scale): Exact {
    const length = shape.reduce((a, b) => a * b, 1);
    const one = () => Math.fround(shift + scale * this.#random.normal());
    return { shape, data: Float64Array.from({ length }, one) };
  }
}

const times = (size: readonly number[]) => size.join("×");

/** Stride 1 and "same", as networks have them, by the layer's own way. */
function convolution(
  n: number,
  size: readonly number[],
  side: number,
  [from, to]: readonly [number, number],
): OpCase {
  const name = `convolution of ${side}, ${n}×${times(size)}, ${from} to ${to} channels`;
  const draw = new Draw(name);
  const x = draw.values([n, ...size, from]);
  const filter = draw.values([...size.map(() => side), from, to], 0.3, 0);
  const dy = draw.values([n, ...size, to]);
  const gradients = convolveGradients(x, filter, dy, 1, "same");
  const value = convolve(x, filter, 1, "same");
  return { name, op: "convolution", options: {}, inputs: { x, filter }, dy, value, gradients };
}

function strided(
  size: readonly number[],
  side: number,
  [from, to]: readonly [number, number],
  stride: number,
  pad: "same" | "valid",
): OpCase {
  const name = `convolution of ${side}, ${times(size)}, stride ${stride}, ${pad}, ${from} to ${to} channels`;
  const draw = new Draw(name);
  const x = draw.values([2, ...size, from]);
  const filter = draw.values([...size.map(() => side), from, to], 0.3, 0);
  const value = convolve(x, filter, stride, pad);
  const dy = draw.values(value.shape);
  const gradients = convolveGradients(x, filter, dy, stride, pad);
  const op = size.length === 2 ? "conv2d" : "conv3d";
  return { name, op, options: { stride, pad }, inputs: { x, filter }, dy, value, gradients };
}

function norm(size: readonly number[], channels: number, over: "instance" | "batch", slope: number): OpCase {
  const name = `norm over ${over}, slope ${slope}, 2×${times(size)}×${channels}`;
  const draw = new Draw(name);
  const x = draw.values([2, ...size, channels]);
  const inputs = { x, gamma: draw.values([channels], 0.5, 0.4), beta: draw.values([channels], 0.5, 0) };
  const dy = draw.values(x.shape);
  const { before } = normLeaky(inputs, dy, over, slope);
  for (const [i, v] of before.data.entries()) if (slope !== 1 && Math.abs(v) < MARGIN) dy.data[i] = 0;
  const { y: value, gradients } = normLeaky(inputs, dy, over, slope);
  return { name, op: "normLeaky", options: { over, slope }, inputs, dy, value, gradients };
}

function doubled(size: readonly number[], channels: number): OpCase {
  const name = `doubling by repetition, 2×${times(size)}×${channels}`;
  const draw = new Draw(name);
  const x = draw.values([2, ...size, channels]);
  const value = repeat(x);
  const dy = draw.values(value.shape);
  return {
    name,
    op: "doubleNearest",
    options: {},
    inputs: { x },
    dy,
    value,
    gradients: { x: repeatGradient(dy) },
  };
}

function halved(size: readonly number[], channels: number): OpCase {
  const name = `max pooling, 2×${times(size)}×${channels}`;
  const draw = new Draw(name);
  const x = draw.values([2, ...size, channels], 1, -2);
  const dy = draw.values(pool(x).y.shape);
  const { y: value, dx } = pool(x, dy);
  return { name, op: "halve", options: {}, inputs: { x }, dy, value, gradients: { x: dx } };
}

/** Of two tensors as if they were one. */
function pair(size: readonly number[], [first, second, to]: readonly [number, number, number]): OpCase {
  const name = `convolution of a pair, 2×${times(size)}, ${first} and ${second} to ${to} channels`;
  const draw = new Draw(name);
  const all = draw.values([2, ...size, first + second]);
  const filter = draw.values([...size.map(() => 3), first + second, to], 0.3, 0);
  const dy = draw.values([2, ...size, to]);
  const gradients = convolveGradients(all, filter, dy, 1, "same");
  const [x, y] = parted(all, first);
  const [dx, dSecond] = parted(gradients.x, first);
  return {
    name,
    op: "convolutionOfPair",
    options: {},
    inputs: { x, y, filter },
    dy,
    value: convolve(all, filter, 1, "same"),
    gradients: { x: dx, y: dSecond, filter: gradients.filter },
  };
}

/** The first channels and the others. */
function parted({ shape, data }: Exact, first: number): readonly [Exact, Exact] {
  const channels = shape.at(-1)!;
  const part = (from: number, to: number): Exact => ({
    shape: [...shape.slice(0, -1), to - from],
    data: data.filter((_, i) => i % channels >= from && i % channels < to),
  });
  return [part(0, first), part(first, channels)];
}

/** A transposed convolution is the gradient of a convolution with respect to its input. */
function transposed(size: readonly number[], [from, to]: readonly [number, number]): OpCase {
  const name = `doubling by a transposed convolution, 2×${times(size)}, ${from} to ${to} channels`;
  const draw = new Draw(name);
  const x = draw.values([2, ...size, from]);
  const filter = draw.values([...size.map(() => 2), to, from], 0.3, 0);
  const dy = draw.values([2, ...size.map((n) => 2 * n), to]);
  return {
    name,
    op: "doubleTransposed",
    options: {},
    inputs: { x, filter },
    dy,
    value: convolveGradients(dy, filter, x, 2, "valid").x,
    gradients: {
      x: convolve(dy, filter, 2, "valid"),
      filter: convolveGradients(dy, filter, x, 2, "valid").filter,
    },
  };
}
