import { assert } from "../errors/index.ts";
import { fillHolesBySlice, keepLargestComponent } from "./components.ts";
import { dilate } from "./morphology.ts";
import { orientationOf, reorient } from "./orientation.ts";
import { otsuThreshold } from "./statistics.ts";
import type { Volume } from "./volume.ts";

/** Options of {@link bodyMask}. */
export interface BodyMaskOptions {
  /** HU above which a voxel can be body. Default -300: between air/lung and fat. */
  readonly threshold?: number;
}

/**
 * The body of a CT: the largest connected component (26-neighbours) of HU > threshold, holes filled axial slice by
 * axial slice. The definition that every score of this library uses.
 *
 * @returns a Uint8 volume of 0 and 1 on the same grid
 * @throws MidashError `invalid-argument` when the volume is not in HU or nothing exceeds the threshold
 */
export function bodyMask(ct: Volume, options: BodyMaskOptions = {}): Volume {
  assert(ct.unit === "HU", `a body mask needs a CT in HU, this volume's unit is "${ct.unit}"`, "bodyMask");
  const { threshold = -300 } = options;
  return largestFilled(ct, threshold, `no voxel is above ${threshold} HU, so there is no body`, 0);
}

/** Options of {@link foregroundMask}. */
export interface ForegroundMaskOptions {
  /** How far to grow the mask in the axial plane, in mm. Default 4: MR loses skin and cortical bone at its rim. */
  readonly margin?: number;
}

/**
 * The body as seen by MR, where no CT is at hand: Otsu's threshold (1979) halved, largest component, holes filled axial
 * slice by slice, then grown by `margin` mm. Half of Otsu's value, because bone, CSF and muscle are dark on MR.
 *
 * @returns a Uint8 volume of 0 and 1 on the same grid
 */
export function foregroundMask(mr: Volume, options: ForegroundMaskOptions = {}): Volume {
  const { margin = 4 } = options;
  assert(margin >= 0, `margin must not be negative, got ${margin}`, "foregroundMask");
  return largestFilled(
    mr,
    otsuThreshold(mr.values()) / 2,
    "the volume is constant, so it has no foreground",
    margin,
  );
}

/** A binary mask grown by `margin` mm in its i-j plane. Same grid, Uint8. */
export function dilateMask(mask: Volume, margin: number): Volume {
  const data = Uint8Array.from(mask.data as ArrayLike<number>, (v) => (v ? 1 : 0));
  const [sx, sy] = mask.spacing;
  dilate(data, mask.shape, [Math.round(margin / sx), Math.round(margin / sy), 0]);
  return mask.with({ data });
}

function largestFilled(volume: Volume, threshold: number, empty: string, margin: number): Volume {
  const ras = reorient(volume, "RAS");
  const values = ras.values();
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) mask[i] = values[i]! > threshold ? 1 : 0;
  assert(keepLargestComponent(mask, ras.shape) > 0, empty, "mask");
  fillHolesBySlice(mask, ras.shape);
  if (margin > 0) {
    const [sx, sy] = ras.spacing;
    dilate(mask, ras.shape, [Math.round(margin / sx), Math.round(margin / sy), 0]);
    fillHolesBySlice(mask, ras.shape);
  }
  const onRas = ras.with({ data: mask, unit: "unknown", meta: {} });
  return reorient(onRas, orientationOf(volume.affine)).with({ affine: volume.affine });
}
