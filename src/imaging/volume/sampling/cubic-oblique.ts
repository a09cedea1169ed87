import { throwIfAborted } from "../../../base/errors/index.ts";
import { type Affine, applyAffine, type Triple } from "../affine.ts";
import { EDGE } from "./axis-table.ts";
import type { SampleJob } from "./linear-straight.ts";
import { intervalEnd, intervalStart } from "./row-interval.ts";
import { mirrored, splineWeights } from "./spline.ts";

/**
 * Cubic B-spline through any affine, 64 products a voxel.
 *
 * @param coefficients from {@link splineCoefficients}
 * @param everywhere true when the border's value goes on beyond the field of view
 */
export function cubicOblique(
  coefficients: Float32Array,
  size: Triple,
  toSource: Affine,
  everywhere: boolean,
  job: SampleJob,
): Float32Array {
  const [mx, my, mz] = job.shape;
  const [nx, ny, nz] = size;
  const { fill, signal } = job;
  const { slope, intercept } = job.scaling;
  const out = new Float32Array(mx * my * mz);
  const step: Triple = [toSource[0]!, toSource[4]!, toSource[8]!];
  const wx = new Float64Array(4);
  const wy = new Float64Array(4);
  const wz = new Float64Array(4);
  const columns = new Int32Array(4);
  const rows = new Int32Array(4);
  const planes = new Int32Array(4);
  for (let k = 0; k < mz; k++) {
    throwIfAborted(signal);
    for (let j = 0; j < my; j++) {
      const at = mx * (j + my * k);
      const start = applyAffine(toSource, [0, j, k]);
      let first = 0;
      let last = mx;
      if (!everywhere)
        for (let d = 0; d < 3; d++) {
          first = Math.max(first, intervalStart(start[d]!, step[d]!, -EDGE, size[d]! - 1 + EDGE, mx));
          last = Math.min(last, intervalEnd(start[d]!, step[d]!, -EDGE, size[d]! - 1 + EDGE, mx));
        }
      if (first >= last) {
        out.fill(fill, at, at + mx);
        continue;
      }
      if (first > 0) out.fill(fill, at, at + first);
      if (last < mx) out.fill(fill, at + last, at + mx);
      for (let i = first; i < last; i++) {
        const x = Math.min(nx - 1, Math.max(0, start[0] + i * step[0]));
        const y = Math.min(ny - 1, Math.max(0, start[1] + i * step[1]));
        const z = Math.min(nz - 1, Math.max(0, start[2] + i * step[2]));
        const [ix, iy, iz] = [x | 0, y | 0, z | 0];
        splineWeights(x - ix, wx, 0);
        splineWeights(y - iy, wy, 0);
        splineWeights(z - iz, wz, 0);
        setIndices(columns, ix, nx, 1);
        setIndices(rows, iy, ny, nx);
        setIndices(planes, iz, nz, nx * ny);
        out[at + i] = slope * tensorSum(coefficients, columns, rows, planes, wx, wy, wz) + intercept;
      }
    }
  }
  return out;
}

/** Where the four coefficients around `i` lie. */
function setIndices(out: Int32Array, i: number, n: number, stride: number): void {
  if (i >= 1 && i + 2 < n) {
    const from = (i - 1) * stride;
    out[0] = from;
    out[1] = from + stride;
    out[2] = from + 2 * stride;
    out[3] = from + 3 * stride;
  } else for (let t = 0; t < 4; t++) out[t] = mirrored(i - 1 + t, n) * stride;
}

function tensorSum(
  c: Float32Array,
  columns: Int32Array,
  rows: Int32Array,
  planes: Int32Array,
  wx: Float64Array,
  wy: Float64Array,
  wz: Float64Array,
): number {
  const x0 = columns[0]!;
  const x1 = columns[1]!;
  const x2 = columns[2]!;
  const x3 = columns[3]!;
  const a = wx[0]!;
  const b = wx[1]!;
  const d = wx[2]!;
  const e = wx[3]!;
  let sum = 0;
  for (let w = 0; w < 4; w++) {
    let inPlane = 0;
    for (let v = 0; v < 4; v++) {
      const p = planes[w]! + rows[v]!;
      inPlane += wy[v]! * (a * c[p + x0]! + b * c[p + x1]! + d * c[p + x2]! + e * c[p + x3]!);
    }
    sum += wz[w]! * inPlane;
  }
  return sum;
}
