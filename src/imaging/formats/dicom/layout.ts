import { fail } from "../../../base/errors/index.ts";
import type { Affine, Triple } from "../../volume/index.ts";
import { nameOf } from "./frame.ts";
import type { Stack } from "./stack.ts";
import { along, dot, subtract } from "./vectors.ts";

/** How the slices of a stack lie. */
export interface Layout {
  /** From slice to slice along the normal, in mm. Of uneven stacks: of their thin part. */
  readonly step: number;
  /** How far each slice's first pixel lies from the first slice's, along rows and along columns, in mm. */
  readonly offsets: readonly (readonly [number, number])[];
  /** Why the slices are no straight, even grid; empty when they are one. */
  readonly irregular: readonly string[];
}

/** A gap above so many times the usual one is no uneven spacing but a hole. */
const HOLE = 3;

/**
 * Spacing and tilt. Positions come rounded: even is what lies within 0.05 mm or 1 % of an even grid, straight what drifts by less than
 * a tenth of a pixel from the first slice to the last.
 *
 * @throws MidashError `invalid-file` that names the places of missing slices
 */
export function layoutOf(stack: Stack, where: string): Layout {
  const { frames, heights, normal } = stack;
  const first = frames[0]!;
  const offsets = frames.map(({ position }) => {
    const lateral = subtract(position, first.position);
    return [dot(lateral, first.row), dot(lateral, first.column)] as const;
  });
  const gaps = heights.slice(1).map((height, n) => height - heights[n]!);
  if (gaps.length === 0) return { step: alone(stack), offsets, irregular: [] };
  checkHoles(stack, gaps, where);
  const mean = (heights.at(-1)! - heights[0]!) / gaps.length;
  const irregular: string[] = [];
  const drift = Math.max(...offsets.map(([u, v]) => Math.hypot(u / first.spacing[0], v / first.spacing[1])));
  if (drift > 0.1) irregular.push(tiltOf(stack, normal));
  const stray = Math.max(...heights.map((height, n) => Math.abs(height - heights[0]! - n * mean)));
  if (stray <= Math.max(0.05, 0.01 * mean)) return { step: mean, offsets, irregular };
  const sorted = [...gaps].sort((a, b) => a - b);
  irregular.push(`uneven spacing of ${round(sorted[0]!)} to ${round(sorted.at(-1)!)} mm`);
  // The lower quartile: the thin slices' spacing, but not that of two slices that happen to overlap.
  return { step: sorted[Math.floor(gaps.length / 4)]!, offsets, irregular };
}

/** Voxel to RAS+ mm, straight, with the first pixel of slice 0 at `origin` (LPS+). */
export function straightAffine(stack: Stack, step: number, origin: Triple): Affine {
  const { row, column, spacing } = stack.frames[0]!;
  const lps = [0, 1, 2].map((d) => [
    row[d]! * spacing[0],
    column[d]! * spacing[1],
    stack.normal[d]! * step,
    origin[d]!,
  ]);
  const [x, y, z] = lps as [number[], number[], number[]];
  return [...x.map(negate), ...y.map(negate), ...z, 0, 0, 0, 1];
}

/** -0 would stand in every affine otherwise. */
function negate(v: number): number {
  return v === 0 ? 0 : -v;
}

function alone({ frames: [frame] }: Stack): number {
  const said = frame!.file.elements;
  const between =
    said.text("SpacingBetweenSlices") === undefined ? undefined : said.number("SpacingBetweenSlices");
  return between !== undefined && between > 0 ? between : (frame!.thickness ?? 1);
}

/** Where a gap is a multiple of the usual one and neither its own slices' thickness nor others like it explain it. */
function checkHoles(stack: Stack, gaps: readonly number[], where: string): void {
  const { frames, heights } = stack;
  const usual = [...gaps].sort((a, b) => a - b)[Math.floor((gaps.length - 1) / 2)]!;
  const holes: string[] = [];
  for (const [n, gap] of gaps.entries()) {
    const times = gap / usual;
    if (times < 1.5) continue;
    // Thick slices behind thin ones lie as far apart as they are thick. Where thickness is not stated, several such gaps in a row say so.
    const thickness = [frames[n]!, frames[n + 1]!].map((frame) => frame.thickness);
    const explained = thickness.includes(undefined)
      ? [gaps[n - 1], gaps[n + 1]].some((other) => other && Math.abs(other - gap) < 0.05 * gap)
      : (thickness[0]! + thickness[1]!) / 2 > 0.74 * gap;
    if (times < HOLE + 0.2 && explained) continue;
    const missing = Math.round(times) - 1;
    const whole = missing > 0 && Math.abs(times - Math.round(times)) < 0.15 * Math.round(times);
    if (!whole && times < HOLE) continue;
    const places = Array.from({ length: Math.min(missing, 4) }, (_, m) => {
      const height = heights[n]! + ((m + 1) * gap) / (missing + 1);
      return place(along(frames[n]!.position, height - heights[n]!, stack.normal));
    });
    holes.push(
      `${missing} at ${places.join(", ")}${missing > 4 ? ", ..." : ""} between ${nameOf(frames[n]!)} and ${nameOf(frames[n + 1]!)}`,
    );
  }
  if (holes.length === 0) return;
  const more = holes.length > 5 ? `, and ${holes.length - 5} more gaps` : "";
  fail(
    "invalid-file",
    `missing slices: ${holes.slice(0, 5).join("; ")}${more} (slices are ${round(usual)} mm apart)`,
    { where, hint: "get the whole series again" },
  );
}

/** Between the line on which slices follow each other and their normal. */
function tiltOf({ frames }: Stack, normal: Triple): string {
  const path = subtract(frames.at(-1)!.position, frames[0]!.position);
  const cosine = Math.abs(dot(path, normal)) / Math.hypot(...path);
  const degrees = (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
  return `gantry tilt of ${degrees.toFixed(1)}°`;
}

function place(position: Triple): string {
  return `(${position.map((v) => v.toFixed(1)).join(", ")}) LPS`;
}

function round(x: number): number {
  return Number(x.toFixed(3));
}
