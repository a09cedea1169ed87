import { mapInto } from "../../base/bytes/index.ts";
import { assert, MidashError } from "../../base/errors/index.ts";
import { applyAffine, invertAffine, mapTriple, multiplyAffines } from "./affine.ts";
import { bodyMask, foregroundMask } from "./body-mask.ts";
import { boundingBox } from "./bounding-box.ts";
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
  const box = boundingBox(foregroundOf(volume, mask, threshold), volume.shape);
  assert(box, "there is no foreground to keep", {
    where,
    hint: "check the mask, or give a lower threshold",
  });
  const room = volume.spacing.map((s) => Math.ceil(margin / s - 1e-6));
  const start = mapTriple(box.low, (v, d) => Math.max(0, v - room[d]!));
  const shape = mapTriple(
    box.low,
    (v, d) => Math.min(volume.shape[d]!, v + box.shape[d]! + room[d]!) - start[d]!,
  );
  return extract(volume, start, shape);
}

function foregroundOf(volume: Volume, mask?: Volume, threshold?: number): Uint8Array {
  if (mask) return maskBytes(mask);
  if (threshold !== undefined)
    return mapInto(new Uint8Array(volume.size), volume.values(), (v) => (v > threshold ? 1 : 0));
  return maskBytes(volume.unit === "HU" ? bodyMask(volume) : foregroundMask(volume, { margin: 0 }));
}

/** As `sameGrid`: how far, in mm, voxels may lie apart and still be the same. */
const TOLERANCE = 0.01;

/**
 * Puts a cropped (or padded) volume back on the grid that it came from. Voxels are copied, never interpolated; the grid's others get `fill`.
 *
 * @param grid the grid, or a Volume on it
 * @param options.fill in the volume's unit; default as in {@link extract}
 * @throws MidashError `grid-mismatch` when the two don't share voxel positions, or no voxel at all
 */
export function padBack(volume: Volume, grid: Grid, options: { readonly fill?: number } = {}): Volume {
  const toVolume = multiplyAffines(invertAffine(volume.affine), grid.affine);
  const start = mapTriple([toVolume[3]!, toVolume[7]!, toVolume[11]!], (v) => Math.round(v) || 0);
  const refuse = (what: string) => {
    throw new MidashError("grid-mismatch", `the volume (${describeGrid(volume)}) ${what}`, {
      where: { call: "padBack" },
      hint: "resample(volume, { like: grid }) interpolates onto any grid",
    });
  };
  for (let corner = 0; corner < 8; corner++) {
    const at = mapTriple(grid.shape, (n, d) => ((corner >> d) & 1 ? n - 1 : 0));
    const p = applyAffine(grid.affine, at);
    const q = applyAffine(volume.affine, [at[0] + start[0], at[1] + start[1], at[2] + start[2]]);
    if (Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) > TOLERANCE)
      refuse("does not lie on whole voxels of the grid");
  }
  const apart = start.some((s, d) => s >= volume.shape[d]! || s + grid.shape[d]! <= 0);
  if (apart) refuse("has no voxel in common with the grid");
  return extract(volume, start, grid.shape, options).with({ affine: grid.affine });
}
