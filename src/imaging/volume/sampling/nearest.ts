import { throwIfAborted } from "../../../base/errors/index.ts";
import { type Affine, applyAffine, type Triple } from "../affine.ts";
import type { VolumeData } from "../volume.ts";
import { type AxisTable, EDGE } from "./axis-table.ts";
import { type Bits, bitsOf, emptyLike } from "./bits.ts";
import { intervalEnd, intervalStart } from "./row-interval.ts";

/** What nearest-neighbour kernels are given besides where to sample. */
export interface NearestJob {
  /** Of the target. */
  readonly shape: Triple;
  /** As a stored number. */
  readonly fill: number;
  readonly signal?: AbortSignal;
}

function prepare(source: VolumeData, { shape, fill }: NearestJob) {
  const out = emptyLike(source, shape[0] * shape[1] * shape[2]);
  out.fill(fill);
  return { out, from: bitsOf(source), to: bitsOf(out) };
}

/** Nearest neighbours where each target axis runs along the same axis of the source. A place in the middle goes to the higher one. */
export function nearestStraight(
  source: VolumeData,
  [nx, ny]: Triple,
  tables: readonly [AxisTable, AxisTable, AxisTable],
  job: NearestJob,
): VolumeData {
  const { out, from, to } = prepare(source, job);
  const [mx, my] = job.shape;
  const [tx, ty, tz] = tables;
  const [x, y, z] = tables.map(({ place }) => Int32Array.from(place, Math.round)) as unknown as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const rowsStay = isStretch(x, tx);
  for (let k = tz.first; k < tz.last; k++) {
    throwIfAborted(job.signal);
    for (let j = ty.first; j < ty.last; j++) {
      const at = mx * (j + my * k);
      const row = nx * (y[j]! + ny * z[k]!);
      if (rowsStay) to.set(from.subarray(row + x[tx.first]!, row + x[tx.last - 1]! + 1), at + tx.first);
      else pickRow(to, at, from, row, x, tx.first, tx.last);
    }
  }
  return out;
}

/** Whether neighbours in the target are neighbours in the source, so that they can be copied together. */
function isStretch(place: Int32Array, { first, last }: AxisTable): boolean {
  for (let i = first + 1; i < last; i++) if (place[i] !== place[i - 1]! + 1) return false;
  return last > first;
}

function pickRow(
  to: Bits,
  at: number,
  from: Bits,
  row: number,
  x: Int32Array,
  first: number,
  last: number,
): void {
  for (let i = first; i < last; i++) to[at + i] = from[row + x[i]!]!;
}

/** Nearest neighbours through any affine. */
export function nearestOblique(
  source: VolumeData,
  size: Triple,
  toSource: Affine,
  everywhere: boolean,
  job: NearestJob,
): VolumeData {
  const { out, from, to } = prepare(source, job);
  const [mx, my, mz] = job.shape;
  const step: Triple = [toSource[0]!, toSource[4]!, toSource[8]!];
  for (let k = 0; k < mz; k++) {
    throwIfAborted(job.signal);
    for (let j = 0; j < my; j++) {
      const start = applyAffine(toSource, [0, j, k]);
      let first = 0;
      let last = mx;
      if (!everywhere)
        for (let d = 0; d < 3; d++) {
          first = Math.max(first, intervalStart(start[d]!, step[d]!, -EDGE, size[d]! - 1 + EDGE, mx));
          last = Math.min(last, intervalEnd(start[d]!, step[d]!, -EDGE, size[d]! - 1 + EDGE, mx));
        }
      pickAlong(to, mx * (j + my * k), from, first, last, size, start, step);
    }
  }
  return out;
}

function pickAlong(
  to: Bits,
  at: number,
  from: Bits,
  first: number,
  last: number,
  [nx, ny, nz]: Triple,
  [x0, y0, z0]: Triple,
  [dx, dy, dz]: Triple,
): void {
  for (let i = first; i < last; i++) {
    // Math.round of a number that is held above -0.5.
    const x = Math.min(nx - 1, Math.floor(Math.max(0, x0 + i * dx) + 0.5));
    const y = Math.min(ny - 1, Math.floor(Math.max(0, y0 + i * dy) + 0.5));
    const z = Math.min(nz - 1, Math.floor(Math.max(0, z0 + i * dz) + 0.5));
    to[at + i] = from[x + nx * (y + ny * z)]!;
  }
}
