import { throwIfAborted } from "../../../base/errors/index.ts";
import { type Affine, applyAffine, type Triple } from "../affine.ts";
import { EDGE } from "./axis-table.ts";
import type { SampleJob } from "./linear-straight.ts";
import { intervalEnd, intervalStart } from "./row-interval.ts";
import type { Samples } from "./samples.ts";

/** So close to the last centre a voxel's upper neighbour is not asked for. */
const LAST = 1e-9;

/**
 * Linear interpolation through any affine. Along a row of the target the place in the source moves by one fixed step, so where the row enters
 * and leaves the source is solved once, and between those points no voxel needs a test.
 *
 * @param source stored numbers, x fastest
 * @param everywhere true when the border's value goes on beyond the field of view
 */
export function linearOblique(
  source: Samples,
  size: Triple,
  toSource: Affine,
  everywhere: boolean,
  job: SampleJob,
): Float32Array {
  const [mx, my, mz] = job.shape;
  const { fill, signal } = job;
  const out = new Float32Array(mx * my * mz);
  const [right, above] = [size[0], size[0] * size[1]];
  const corners: Corners = [
    source,
    source.subarray(right),
    source.subarray(above),
    source.subarray(above + right),
  ];
  const step: Triple = [toSource[0]!, toSource[4]!, toSource[8]!];
  for (let k = 0; k < mz; k++) {
    throwIfAborted(signal);
    for (let j = 0; j < my; j++) {
      const at = mx * (j + my * k);
      const start = applyAffine(toSource, [0, j, k]);
      let first = 0;
      let last = mx;
      let inner = 0; // from here to innerEnd all eight neighbours exist
      let innerEnd = mx;
      for (let d = 0; d < 3; d++) {
        const x = start[d]!;
        const dx = step[d]!;
        const n = size[d]!;
        if (!everywhere) {
          first = Math.max(first, intervalStart(x, dx, -EDGE, n - 1 + EDGE, mx));
          last = Math.min(last, intervalEnd(x, dx, -EDGE, n - 1 + EDGE, mx));
        }
        inner = Math.max(inner, intervalStart(x, dx, 0, n - 1 - LAST, mx));
        innerEnd = Math.min(innerEnd, intervalEnd(x, dx, 0, n - 1 - LAST, mx));
      }
      if (first >= last) {
        if (fill !== 0) out.fill(fill, at, at + mx); // a new array is 0 already
        continue;
      }
      if (inner >= innerEnd) inner = innerEnd = last;
      if (fill !== 0) {
        out.fill(fill, at, at + first);
        out.fill(fill, at + last, at + mx);
      }
      border(out, at, first, inner, source, size, start, step, job);
      interior(out, at, inner, innerEnd, corners, size, start, step, job);
      border(out, at, innerEnd, last, source, size, start, step, job);
    }
  }
  return out;
}

/** The source from its first voxel on, and from its upper neighbours' along y, z and both: one index reads all four. */
type Corners = readonly [Samples, Samples, Samples, Samples];

/** Sums of indices are held to 32 bits by `| 0`, which spares the engine a check each. */
function interior(
  out: Float32Array,
  at: number,
  from: number,
  to: number,
  [here, up, over, both]: Corners,
  [nx, ny]: Triple,
  [x0, y0, z0]: Triple,
  [dx, dy, dz]: Triple,
  { scaling: { slope, intercept } }: SampleJob,
): void {
  const row = out.subarray(at + from, at + to);
  const n = row.length | 0;
  const nxy = Math.imul(nx, ny);
  let x = x0 + from * dx;
  let y = y0 + from * dy;
  let z = z0 + from * dz;
  for (let i = 0; i < n; i = (i + 1) | 0) {
    const ix = x | 0;
    const iy = y | 0;
    const iz = z | 0;
    const tx = x - ix;
    const ty = y - iy;
    const tz = z - iz;
    x += dx;
    y += dy;
    z += dz;
    const p = (ix + Math.imul(nx, iy) + Math.imul(nxy, iz)) | 0;
    const q = (p + 1) | 0;
    const a0 = here[p]!;
    const b0 = up[p]!;
    const c0 = over[p]!;
    const d0 = both[p]!;
    const a = a0 + (here[q]! - a0) * tx;
    const b = b0 + (up[q]! - b0) * tx;
    const c = c0 + (over[q]! - c0) * tx;
    const d = d0 + (both[q]! - d0) * tx;
    const e = a + (b - a) * ty;
    const f = c + (d - c) * ty;
    row[i] = slope * (e + (f - e) * tz) + intercept;
  }
}

/** The same where some neighbours are missing: places are held within the outermost centres. */
function border(
  out: Float32Array,
  at: number,
  from: number,
  to: number,
  src: Samples,
  [nx, ny, nz]: Triple,
  [x0, y0, z0]: Triple,
  [dx, dy, dz]: Triple,
  { scaling: { slope, intercept } }: SampleJob,
): void {
  for (let i = from; i < to; i++) {
    const x = Math.min(nx - 1, Math.max(0, x0 + i * dx));
    const y = Math.min(ny - 1, Math.max(0, y0 + i * dy));
    const z = Math.min(nz - 1, Math.max(0, z0 + i * dz));
    const ix = Math.floor(x);
    const iy = Math.floor(y);
    const iz = Math.floor(z);
    const tx = x - ix;
    const ty = y - iy;
    const tz = z - iz;
    const ex = ix + 1 < nx ? 1 : 0;
    const ey = iy + 1 < ny ? nx : 0;
    const ez = iz + 1 < nz ? nx * ny : 0;
    const p = ix + nx * (iy + ny * iz);
    const a = src[p]! + (src[p + ex]! - src[p]!) * tx;
    const b = src[p + ey]! + (src[p + ey + ex]! - src[p + ey]!) * tx;
    const c = src[p + ez]! + (src[p + ez + ex]! - src[p + ez]!) * tx;
    const d = src[p + ez + ey]! + (src[p + ez + ey + ex]! - src[p + ez + ey]!) * tx;
    const e = a + (b - a) * ty;
    const f = c + (d - c) * ty;
    out[at + i] = slope * (e + (f - e) * tz) + intercept;
  }
}
