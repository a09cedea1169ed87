import { assert } from "../../base/errors/index.ts";
import { type Triple, voxelsIn } from "./affine.ts";
import { fillHolesBySlice, keepLargestComponent } from "./components.ts";
import { extract } from "./crop-pad.ts";
import { maskBytes } from "./mask-bytes.ts";
import { dilate, erode } from "./morphology.ts";
import { orientationOf, reorient } from "./orientation.ts";
import { otsuThreshold } from "./otsu.ts";
import { backgroundOf } from "./usual-range.ts";
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
  assert(ct.unit === "HU", `a body mask needs a CT in HU, this volume's unit is "${ct.unit}"`, {
    where: { call: "bodyMask" },
  });
  const { threshold = -300 } = options;
  return onAxial(ct, (ras) =>
    largestFilled(ras, threshold, `no voxel is above ${threshold} HU, so there is no body`),
  );
}

/** Options of {@link foregroundMask}. */
export interface ForegroundMaskOptions {
  /**
   * How far to grow the mask in the axial plane, in mm. Default 8: MR loses cortical bone and skin at its rim, and a
   * body voxel called air costs 1000 HU, while a voxel too many only leaves the model's own air standing.
   */
  readonly margin?: number;
}

/** Dark hollows that open outwards (ear canals, nostrils, bone at the rim) are closed up to twice this width, in mm. */
const CLOSING = 12;

/**
 * The body as seen by MR, where no CT is at hand: halfway from the background's value to Otsu's threshold (1979), largest component, closed by
 * 12 mm, holes filled axial slice by slice, grown by `margin` mm. Halfway, because bone, CSF and muscle are dark on MR. The scale and the zero of the
 * intensities don't count, nor do a handful of outliers; NaN is background.
 *
 * @returns a Uint8 volume of 0 and 1 on the same grid
 */
export function foregroundMask(mr: Volume, options: ForegroundMaskOptions = {}): Volume {
  const { margin = 8 } = options;
  assert(margin >= 0, `margin must not be negative, got ${margin}`, { where: { call: "foregroundMask" } });
  const low = backgroundOf(mr);
  const threshold = low + (otsuThreshold(mr.values()) - low) / 2;
  return onAxial(mr, (ras) => {
    const mask = largestFilled(ras, threshold, "the volume is constant, so it has no foreground");
    // On a grid with room for the dilation: closed within the volume, the mask would stick to a border nearby.
    const [rx, ry] = axialRadii(ras, CLOSING + margin);
    const [nx, ny, nz] = ras.shape;
    const wide = extract(ras.with({ data: mask }), [-rx, -ry, 0], [nx + 2 * rx, ny + 2 * ry, nz], {
      fill: 0,
    });
    const data = wide.data as Uint8Array;
    dilate(data, wide.shape, axialRadii(ras, CLOSING + margin));
    fillHolesBySlice(data, wide.shape);
    erode(data, wide.shape, axialRadii(ras, CLOSING));
    return extract(wide, [rx, ry, 0], ras.shape).data as Uint8Array;
  });
}

/** A binary mask grown by `margin` mm in the axial plane. Same grid, Uint8. */
export function dilateMask(mask: Volume, margin: number): Volume {
  return onAxial(mask, (ras) => {
    const data = maskBytes(ras);
    dilate(data, ras.shape, axialRadii(ras, margin));
    return data;
  });
}

/** Computes a mask on the RAS grid and brings it back to the volume's own. */
export function onAxial(volume: Volume, make: (ras: Volume) => Uint8Array): Volume {
  const ras = reorient(volume, "RAS");
  const mask = ras.with({ data: make(ras), unit: "unknown", meta: {} });
  return reorient(mask, orientationOf(volume.affine)).with({ affine: volume.affine });
}

function axialRadii(ras: Volume, mm: number): Triple {
  return [voxelsIn(mm, ras.spacing[0]), voxelsIn(mm, ras.spacing[1]), 0];
}

/** The largest component above the threshold, holes filled. */
function largestFilled(ras: Volume, threshold: number, empty: string): Uint8Array {
  const values = ras.values();
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) mask[i] = values[i]! > threshold ? 1 : 0;
  assert(keepLargestComponent(mask, ras.shape) > 0, empty);
  fillHolesBySlice(mask, ras.shape);
  return mask;
}
