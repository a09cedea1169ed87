import { maskBytes, type Triple, type Volume } from "../../imaging/volume/index.ts";

/** How two body masks on one grid lie on each other. */
export interface Overlap {
  /** Twice the common voxels over all: 1 where they are alike. */
  readonly dice: number;
  /** Distance of their centres in mm. */
  readonly centres: number;
  /** Share of the axial slices with CT's body that hold the MR's, too, and of the MR's that hold the CT's. */
  readonly slicesWithMr: number;
  readonly slicesWithCt: number;
}

/** Compares the bodies that MR and CT show. Masks are canonical (RAS). */
export function overlapOf(mr: Volume, ct: Volume): Overlap {
  const [a, b] = [maskBytes(mr), maskBytes(ct)];
  const plane = mr.shape[0] * mr.shape[1];
  const [inMr, inCt] = [sliceCounts(a, plane), sliceCounts(b, plane)];
  let [both, all] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i]! & b[i]!;
    all += a[i]! + b[i]!;
  }
  const [p, q] = [centreOf(a, mr), centreOf(b, ct)];
  return {
    dice: all > 0 ? (2 * both) / all : 0,
    centres: Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]),
    slicesWithMr: shareOfSlices(inCt, inMr),
    slicesWithCt: shareOfSlices(inMr, inCt),
  };
}

function sliceCounts(mask: Uint8Array, plane: number): readonly number[] {
  return Array.from({ length: mask.length / plane }, (_, k) => {
    let n = 0;
    for (let i = k * plane; i < (k + 1) * plane; i++) n += mask[i]!;
    return n;
  });
}

/** Of the slices where one mask is no mere tip, the share where the other is, too. */
function shareOfSlices(one: readonly number[], other: readonly number[]): number {
  const most = Math.max(...one);
  const slices = [...one.keys()].filter((k) => one[k]! > 0.2 * most);
  return slices.filter((k) => other[k]! > 0.1 * one[k]!).length / Math.max(1, slices.length);
}

/** In mm from the grid's first voxel. */
function centreOf(mask: Uint8Array, { shape, spacing }: Volume): Triple {
  const sum = [0, 0, 0];
  let n = 0;
  for (let k = 0, at = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++)
      for (let i = 0; i < shape[0]; i++, at++) {
        if (!mask[at]) continue;
        sum[0]! += i;
        sum[1]! += j;
        sum[2]! += k;
        n++;
      }
  return [0, 1, 2].map((d) => (sum[d]! / Math.max(1, n)) * spacing[d as 0]!) as unknown as Triple;
}

const BINS = 24;
/** A small part of the joint entropy: what noise makes of it. */
const LEAST_GAIN = 0.005;

/**
 * How far off the MR's place the CT lies, in whole voxels of their common grid: uphill in normalised mutual information (Studholme
 * et al. 1999, which does not count how much of the two overlaps), axis by axis. It knows no rotation: a turned CT shows in how bodies overlap.
 *
 * @param reach at most so many voxels along each axis
 * @returns mm along x, y, z, and by how much of itself the information is more there than here
 */
export function bestShift(
  mr: Volume,
  ct: Volume,
  { reach = 8 }: { readonly reach?: number } = {},
): { readonly mm: Triple; readonly gain: number } {
  const [a, b] = [bins(mr.values()), bins(ct.values(), [-300, 600])];
  const known = new Map<string, number>();
  const informationAt = (shift: readonly number[]) => {
    const key = shift.join();
    const value = known.get(key) ?? information(a, b, mr.shape, shift);
    known.set(key, value);
    return value;
  };
  const start = informationAt([0, 0, 0]);
  let [at, best] = [[0, 0, 0], start];
  for (let moved = true; moved; ) {
    moved = false;
    // Two voxels as well as one: over the ripples of slices that fit by chance.
    for (const step of [1, -1, 2, -2])
      for (const axis of [0, 1, 2]) {
        const next = at.map((n, d) => (d === axis ? n + step : n));
        if (Math.abs(next[axis]!) > reach) continue;
        const found = informationAt(next);
        if (found <= best) continue;
        [at, best, moved] = [next, found, true];
      }
  }
  const gain = best / start - 1;
  const moved = gain > LEAST_GAIN ? at : [0, 0, 0];
  return { mm: moved.map((n, d) => n * mr.spacing[d as 0]!) as unknown as Triple, gain };
}

/** Between the 1st and the 99th percentile, unless a range is given. NaN is the lowest bin. */
function bins(values: Float32Array, range?: readonly [number, number]): Uint8Array {
  const sorted = range ? values : values.filter(Number.isFinite).sort();
  const [low, high] = range ?? [
    sorted[Math.floor(0.01 * sorted.length)]!,
    sorted[Math.floor(0.99 * (sorted.length - 1))]!,
  ];
  const scale = BINS / Math.max(high - low, 1e-9);
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++)
    out[i] = Math.min(BINS - 1, Math.max(0, Math.floor((values[i]! - low) * scale) || 0));
  return out;
}

/** (H(A) + H(B)) / H(A, B) over where both are, B moved. */
function information(
  a: Uint8Array,
  b: Uint8Array,
  [nx, ny, nz]: Triple,
  [dx, dy, dz]: readonly number[],
): number {
  const joint = new Float64Array(BINS * BINS);
  let n = 0;
  for (let k = Math.max(0, -dz!); k < Math.min(nz, nz - dz!); k++)
    for (let j = Math.max(0, -dy!); j < Math.min(ny, ny - dy!); j++) {
      const row = nx * (j + ny * k);
      const other = nx * (j + dy! + ny * (k + dz!)) + dx!;
      for (let i = Math.max(0, -dx!); i < Math.min(nx, nx - dx!); i++, n++)
        joint[a[row + i]! * BINS + b[other + i]!]!++;
    }
  const [inA, inB] = [new Float64Array(BINS), new Float64Array(BINS)];
  for (let p = 0; p < BINS; p++)
    for (let q = 0; q < BINS; q++) {
      inA[p]! += joint[p * BINS + q]!;
      inB[q]! += joint[p * BINS + q]!;
    }
  const whole = entropy(joint, n);
  return whole > 0 ? (entropy(inA, n) + entropy(inB, n)) / whole : 1;
}

function entropy(counts: Float64Array, n: number): number {
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / n) * Math.log(count / n);
  return sum;
}
