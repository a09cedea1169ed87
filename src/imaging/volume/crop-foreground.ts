import { assert, MidashError } from "../../base/errors/index.ts";
import { applyAffine, invertAffine, multiplyAffines, type Triple } from "./affine.ts";
import { bodyMask, foregroundMask } from "./body-mask.ts";
import { extract } from "./crop-pad.ts";
import { assertSameGrid, describeGrid, type Grid } from "./grid.ts";
import { maskBytes } from "./mask-bytes.ts";
import type { Volume } from "./volume.ts";

/** Options of {@link cropForeground}. Give `mask` or `threshold`, or neither. */
export interface CropForegroundOptions {
  /** What must stay: above 0 in this mask, on the same grid. Default: the body, by {@link bodyMask} for HU and {@link foregroundMask} otherwise. */
  readonly mask?: Volume;
  /** What must stay: values above it, in the volume's unit. */
  readonly threshold?: number;
  /** Margin to leave around it, in mm, rounded up to whole voxels; never beyond the volume. Default 0. */
  readonly margin?: number;
}

/**
 * The smallest box of whole voxels that holds the foreground. World positions stay; {@link padBack} is the way back.
 *
 * @throws MidashError `invalid-argument` when there is no foreground; `grid-mismatch`
 */
export function cropForeground(volume: Volume, options: CropForegroundOptions = {}): Volume {
  const { mask, threshold, margin = 0 } = options;
  const where = { call: "cropForeground" };
  assert(Number.isFinite(margin) && margin >= 0, `margin must be mm, 0 or more, got ${margin}`, { where });
  assert(mask === undefined || threshold === undefined, "give a mask or a threshold, not both", { where });
  assert(
    threshold === undefined || Number.isFinite(threshold),
    `threshold must be finite, got ${threshold}`,
    { where },
  );
  if (mask) assertSameGrid(volume, mask, ["volume", "mask"], where);
  const [low, high] = boxOf(foregroundOf(volume, mask, threshold), volume.shape);
  assert(high[0]! >= 0, "there is no foreground to keep", {
    where,
    hint: "check the mask, or give a lower threshold",
  });
  const room = volume.spacing.map((s) => Math.ceil(margin / s - 1e-6));
  const start = low.map((v, d) => Math.max(0, v - room[d]!)) as unknown as Triple;
  const shape = high.map(
    (v, d) => Math.min(volume.shape[d]!, v + 1 + room[d]!) - start[d]!,
  ) as unknown as Triple;
  return extract(volume, start, shape);
}

function foregroundOf(volume: Volume, mask?: Volume, threshold?: number): Uint8Array {
  if (mask) return maskBytes(mask);
  if (threshold !== undefined) return Uint8Array.from(volume.values(), (v) => (v > threshold ? 1 : 0));
  return maskBytes(volume.unit === "HU" ? bodyMask(volume) : foregroundMask(volume, { margin: 0 }));
}

/** First and last index along each axis; of an empty mask the last is -1. */
function boxOf(mask: Uint8Array, [nx, ny, nz]: Triple): readonly [number[], number[]] {
  const low = [nx, ny, nz];
  const high = [-1, -1, -1];
  for (let r = 0; r < ny * nz; r++) {
    const row = mask.subarray(r * nx, (r + 1) * nx);
    const first = row.indexOf(1);
    if (first < 0) continue;
    const at = [r % ny, Math.floor(r / ny)];
    low[0] = Math.min(low[0]!, first);
    high[0] = Math.max(high[0]!, row.lastIndexOf(1));
    for (const d of [1, 2]) {
      low[d] = Math.min(low[d]!, at[d - 1]!);
      high[d] = Math.max(high[d]!, at[d - 1]!);
    }
  }
  return [low, high];
}

/** As `sameGrid`: how far, in mm, voxels may lie apart and still be the same. */
const TOLERANCE = 0.01;

/**
 * Puts a cropped (or padded) volume back on the grid that it came from. Voxels are copied, never interpolated; the grid's others get `fill`.
 *
 * @param grid the grid, or a Volume on it
 * @param options.fill in the volume's unit; default -1024 for HU, else 0
 * @throws MidashError `grid-mismatch` when the two don't share voxel positions, or no voxel at all
 */
export function padBack(volume: Volume, grid: Grid, options: { readonly fill?: number } = {}): Volume {
  const toVolume = multiplyAffines(invertAffine(volume.affine), grid.affine);
  const start = [toVolume[3]!, toVolume[7]!, toVolume[11]!].map(
    (v) => Math.round(v) || 0,
  ) as unknown as Triple;
  const refuse = (what: string) => {
    throw new MidashError("grid-mismatch", `the volume (${describeGrid(volume)}) ${what}`, {
      where: { call: "padBack" },
      hint: "resample(volume, { like: grid }) interpolates onto any grid",
    });
  };
  for (let corner = 0; corner < 8; corner++) {
    const at = grid.shape.map((n, d) => ((corner >> d) & 1 ? n - 1 : 0)) as unknown as Triple;
    const p = applyAffine(grid.affine, at);
    const q = applyAffine(volume.affine, [at[0] + start[0], at[1] + start[1], at[2] + start[2]]);
    if (Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) > TOLERANCE)
      refuse("does not lie on whole voxels of the grid");
  }
  const apart = start.some((s, d) => s >= volume.shape[d]! || s + grid.shape[d]! <= 0);
  if (apart) refuse("has no voxel in common with the grid");
  return extract(volume, start, grid.shape, options).with({ affine: grid.affine });
}
