import { mapTriple, type Triple, voxelsIn } from "../../volume/index.ts";

/** A volume averaged over blocks of voxels. */
export interface Blocks {
  readonly values: Float32Array;
  readonly shape: Triple;
  /** mm along i, j, k. */
  readonly spacing: Triple;
  /** Voxels per block along each axis. */
  readonly factor: Triple;
}

/** Averages blocks about `size` mm wide (one voxel where that is wider already); values that are not finite count as `low`. */
export function averageBlocks(
  values: Float32Array,
  shape: Triple,
  spacing: Triple,
  size: number,
  low: number,
): Blocks {
  const factor = mapTriple(spacing, (s) => Math.max(1, voxelsIn(size, s)));
  const coarse = mapTriple(shape, (n, d) => Math.ceil(n / factor[d]!));
  const sum = new Float32Array(coarse[0] * coarse[1] * coarse[2]);
  const count = new Uint16Array(sum.length);
  const [nx, ny, nz] = shape;
  const [fx, fy, fz] = factor;
  const column = Int32Array.from({ length: nx }, (_, i) => Math.floor(i / fx));
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const to = coarse[0] * (Math.floor(j / fy) + coarse[1] * Math.floor(k / fz));
      const from = nx * (j + ny * k);
      for (let i = 0; i < nx; i++) {
        const v = values[from + i]!;
        const at = to + column[i]!;
        sum[at]! += Number.isFinite(v) ? v : low;
        count[at]!++;
      }
    }
  for (let i = 0; i < sum.length; i++) sum[i]! /= count[i]!;
  return {
    values: sum,
    shape: coarse,
    spacing: mapTriple(spacing, (s, d) => s * factor[d]!),
    factor,
  };
}
