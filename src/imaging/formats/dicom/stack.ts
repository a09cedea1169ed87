import type { Triple } from "../../volume/index.ts";
import type { LeftOut } from "../format.ts";
import type { Frame } from "./frame.ts";
import { cross, dot } from "./vectors.ts";

/** Parallel slices, each at its own place: one volume. */
export interface Stack {
  /** Sorted along the normal. */
  readonly frames: readonly Frame[];
  /** Unit vector across the slices, LPS+: row × column. */
  readonly normal: Triple;
  /** Where each slice lies along the normal, in mm. */
  readonly heights: readonly number[];
  /** What parts it from the other stacks of its series. */
  readonly label: string;
}

/** All volumes of a series. */
export interface Stacks {
  readonly stacks: readonly Stack[];
  /** Of a scan that was stopped: the slices that make no whole volume. */
  readonly leftOut: readonly LeftOut[];
}

/** Slices nearer than this, in mm, are at one place. */
export const SAME_PLACE = 0.01;

/** Frames of one direction, sorted. */
export function stackOf(frames: readonly Frame[], label: string): Stack {
  const normal = cross(frames[0]!.row, frames[0]!.column);
  const placed = frames
    .map((frame) => ({ frame, height: dot(normal, frame.position) }))
    .sort((a, b) => a.height - b.height);
  return { frames: placed.map((p) => p.frame), heights: placed.map((p) => p.height), normal, label };
}

/** Neighbours at one place. */
export function neighboursAtOnePlace({
  frames,
  heights,
}: Stack): readonly (readonly [Frame, Frame, number])[] {
  return frames.flatMap((frame, n) =>
    n > 0 && heights[n]! - heights[n - 1]! < SAME_PLACE
      ? [[frames[n - 1]!, frame, heights[n]!] as const]
      : [],
  );
}

/** How many places there are. */
export function placesOf({ heights }: Stack): number {
  return heights.filter((height, n) => n === 0 || height - heights[n - 1]! >= SAME_PLACE).length;
}
