import type { Triple } from "../../../../imaging/volume/index.ts";
import type { Batch } from "../../../../networks/models/index.ts";
import { mapValues } from "../../../preparation/index.ts";
import type { Sample } from "../sample.ts";
import { follow } from "./follow.ts";
import { depthHeightWidth, type FlipMove, type Move } from "./move.ts";
import { type Route, routeThrough } from "./route.ts";

/**
 * A sample after moves, the first one first: inputs, targets, labels and masks alike, each interpolated once. Intensities are linear between voxels, labels and masks
 * the nearest; what comes from beyond an image is its `outside`, of a mask 0. Mirror images alone are exact copies.
 */
export function moved(sample: Sample, moves: readonly Move[]): Sample {
  if (moves.length === 0) return sample;
  const moveOne = moves.every(isFlip) ? mirroredBy(moves) : routedBy(moves, sample);
  const each = sample.input.shape.at(-1)! / sample.inputs.length;
  const outside = sample.inputs.flatMap((input) => Array<number>(each).fill(input.outside));
  const image = <B extends Batch>(batch: B, beyond: readonly number[], how: "linear" | "nearest"): B => ({
    ...batch,
    data: moveOne(batch.data, batch.shape, beyond, how),
    ...(batch.mask ? { mask: moveOne(batch.mask, [...batch.shape.slice(0, -1), 1], [0], "nearest") } : {}),
  });
  return {
    ...sample,
    input: image(sample.input, outside, "linear"),
    targets: mapValues(sample.targets, (target) =>
      image(
        target,
        Array<number>(target.shape.at(-1)!).fill(target.outside),
        target.kind === "labels" ? "nearest" : "linear",
      ),
    ),
  };
}

/** Moves one array of a sample. @param shape [1, (D,) H, W, C] */
type MoveOne = (
  data: Float32Array,
  shape: readonly number[],
  outside: readonly number[],
  how: "linear" | "nearest",
) => Float32Array;

function isFlip(move: Move): move is FlipMove {
  return move.kind === "flip";
}

/** Arrays that several images share, such as masks, are moved once. */
function once(move: MoveOne): MoveOne {
  const done = new Map<Float32Array, Float32Array>();
  return (data, ...rest) => {
    const known = done.get(data) ?? move(data, ...rest);
    done.set(data, known);
    return known;
  };
}

function routedBy(moves: readonly Move[], { axes, spacing }: Sample): MoveOne {
  // Samples of unpaired data may differ in size.
  const routes = new Map<string, Route>();
  const mm = axes.length === 2 ? ([1, ...spacing] as unknown as Triple) : (spacing as Triple);
  return once((data, shape, outside, how) => {
    const key = shape.slice(1, -1).join();
    const route =
      routes.get(key) ?? routeThrough(moves, { shape: depthHeightWidth(shape.slice(1, -1)), spacing: mm });
    routes.set(key, route);
    return follow(route, data, outside, how);
  });
}

function mirroredBy(moves: readonly FlipMove[]): MoveOne {
  return once((data, shape) =>
    moves.reduce(
      (values, { axis }) => mirrored(values, depthHeightWidth(shape.slice(1, -1)), shape.at(-1)!, axis),
      data,
    ),
  );
}

/** One of the pixel axes reversed. */
function mirrored(data: Float32Array, shape: Triple, channels: number, axis: number): Float32Array {
  const out = new Float32Array(data.length);
  const length = shape[axis]!;
  const row = shape.slice(axis + 1).reduce((a, b) => a * b, channels);
  if (row === 1) {
    out.set(data);
    for (let start = 0; start < out.length; start += length) out.subarray(start, start + length).reverse();
    return out;
  }
  for (let start = 0; start < data.length; start += length * row)
    for (let i = 0; i < length; i++)
      out.set(data.subarray(start + i * row, start + (i + 1) * row), start + (length - 1 - i) * row);
  return out;
}
