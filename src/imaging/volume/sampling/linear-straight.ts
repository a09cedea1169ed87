import { throwIfAborted } from "../../../base/errors/index.ts";
import type { Triple } from "../affine.ts";
import type { Scaling } from "../volume.ts";
import type { AxisTable } from "./axis-table.ts";
import type { Samples } from "./samples.ts";

/** What every kernel is given besides where to sample. */
export interface SampleJob {
  /** Of the target. */
  readonly shape: Triple;
  /** Applied to interpolated stored numbers. */
  readonly scaling: Scaling;
  /** In the volume's unit. */
  readonly fill: number;
  readonly signal?: AbortSignal;
}

/**
 * Linear interpolation where each target axis runs along the same axis of the source: planes are blended, then rows of them, then
 * neighbours in a row, so that a voxel costs 1 to 3 products instead of 7. Sums are in double precision.
 */
export function linearStraight(
  source: Samples,
  [nx, ny]: Triple,
  tables: readonly [AxisTable, AxisTable, AxisTable],
  job: SampleJob,
): Float32Array {
  const [tx, ty, tz] = tables;
  const [mx, my, mz] = job.shape;
  const { fill, signal } = job;
  const { slope, intercept } = job.scaling;
  const out = new Float32Array(mx * my * mz);
  const plane = nx * ny;
  const x = neighbours(tx, nx);
  const y = neighbours(ty, ny);
  const z = neighbours(tz, source.length / plane);
  const level = new Float64Array(plane);
  const row = new Float64Array(nx);
  const used = usedRows(y, ty, ny);
  const acrossAlone = isEach(x, mx, nx) && isEach(y, my, ny);
  for (let k = 0; k < mz; k++) {
    throwIfAborted(signal);
    const o = mx * my * k;
    if (k < tz.first || k >= tz.last) {
      out.fill(fill, o, o + mx * my);
      continue;
    }
    const from = z.index[k]! * plane;
    if (acrossAlone && z.weight[k]! > 0) {
      blendPlanes(out, o, source, from, plane, z.weight[k]!, slope, intercept);
      continue;
    }
    if (z.weight[k] === 0) level.set(source.subarray(from, from + plane));
    else blendRows(level, source, from, from + plane, z.weight[k]!, used, nx);
    for (let j = 0; j < my; j++) {
      const at = o + mx * j;
      if (j < ty.first || j >= ty.last) {
        out.fill(fill, at, at + mx);
        continue;
      }
      if (tx.first > 0) out.fill(fill, at, at + tx.first);
      if (tx.last < mx) out.fill(fill, at + tx.last, at + mx);
      let low = y.index[j]! * nx;
      let line = level;
      if (y.weight[j]! > 0) {
        blendRow(row, level, low, low + nx, y.weight[j]!);
        [line, low] = [row, 0];
      }
      if (x.whole) pickRow(out, at, line, low, x.index, tx, slope, intercept);
      else sampleRow(out, at, line, low, nx, x, tx, slope, intercept);
    }
  }
  return out;
}

/** The lower of the two neighbours of each place, and the upper one's weight. */
interface Neighbours {
  readonly index: Int32Array;
  readonly weight: Float64Array;
  /** True when every place is a voxel's centre. */
  readonly whole: boolean;
}

function neighbours({ place }: AxisTable, n: number): Neighbours {
  const index = new Int32Array(place.length);
  const weight = new Float64Array(place.length);
  for (let i = 0; i < place.length; i++) {
    index[i] = Math.floor(place[i]!);
    weight[i] = index[i]! + 1 < n ? place[i]! - index[i]! : 0;
  }
  return { index, weight, whole: weight.every((t) => t === 0) };
}

/** Whether the places are the source's voxels, one by one: what lies between slices alone leaves planes as they are. */
function isEach({ index, whole }: Neighbours, count: number, n: number): boolean {
  return whole && count === n && index.every((place, i) => place === i);
}

/** Which rows of a plane any target row needs. */
function usedRows({ index, weight }: Neighbours, { first, last }: AxisTable, n: number): Uint8Array {
  const used = new Uint8Array(n);
  for (let j = first; j < last; j++) {
    used[index[j]!] = 1;
    if (weight[j]! > 0) used[index[j]! + 1] = 1;
  }
  return used;
}

/** A plane of the target between two of the source, where voxels lie on voxels. */
function blendPlanes(
  out: Float32Array,
  at: number,
  source: Samples,
  from: number,
  plane: number,
  t: number,
  slope: number,
  intercept: number,
): void {
  for (let p = 0; p < plane; p++) {
    const v = source[from + p]!;
    out[at + p] = slope * (v + (source[from + plane + p]! - v) * t) + intercept;
  }
}

function blendRows(
  out: Float64Array,
  source: Samples,
  a: number,
  b: number,
  t: number,
  used: Uint8Array,
  nx: number,
): void {
  for (let j = 0; j < used.length; j++) {
    if (used[j] === 0) continue;
    const end = (j + 1) * nx;
    for (let p = j * nx; p < end; p++) {
      const v = source[a + p]!;
      out[p] = v + (source[b + p]! - v) * t;
    }
  }
}

function blendRow(out: Float64Array, level: Float64Array, a: number, b: number, t: number): void {
  for (let i = 0; i < out.length; i++) {
    const v = level[a + i]!;
    out[i] = v + (level[b + i]! - v) * t;
  }
}

function pickRow(
  out: Float32Array,
  at: number,
  line: Float64Array,
  low: number,
  index: Int32Array,
  { first, last }: AxisTable,
  slope: number,
  intercept: number,
): void {
  for (let i = first; i < last; i++) out[at + i] = slope * line[low + index[i]!]! + intercept;
}

function sampleRow(
  out: Float32Array,
  at: number,
  line: Float64Array,
  low: number,
  nx: number,
  { index, weight }: Neighbours,
  { first, last }: AxisTable,
  slope: number,
  intercept: number,
): void {
  for (let i = first; i < last; i++) {
    const p = index[i]!;
    const v = line[low + p]!;
    const next = line[low + (p < nx - 1 ? p + 1 : p)]!;
    out[at + i] = slope * (v + (next - v) * weight[i]!) + intercept;
  }
}
