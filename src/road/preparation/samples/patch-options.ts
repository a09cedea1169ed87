import { assert } from "../../../base/errors/index.ts";
import type { Triple } from "../../../imaging/volume/index.ts";
import type { Blend } from "./blend.ts";

/** Options of `Slicer.patches`. */
export interface PatchOptions {
  /** [D, H, W] of every patch, along z, y and x. Default [96, 96, 96]: MONAI's and nnU-Net's order of size, and it can be halved five times. */
  readonly size?: Triple;
  /** Least share of a patch that the next one covers again along each axis, from 0 to below 1. Default 0.25, MONAI's. */
  readonly overlap?: number;
  /**
   * How overlapping patches are averaged. Default `gaussian`, σ an eighth of the patch along each axis: a network sees least at a patch's rim, so the rim
   * counts least and no seam is left. `constant`: all equal.
   */
  readonly blend?: Blend;
  /**
   * Random patches of a case in one pass of training. Default 4, as in MONAI's tutorials (`RandCropByPosNegLabeld`): a case that was loaded and resampled gives more than
   * one sample, and a batch still holds several patients.
   */
  readonly perCase?: number;
}

/** Options with every default filled in. @throws MidashError `invalid-argument` */
export function resolvePatchOptions(options: PatchOptions): Required<PatchOptions> {
  const { size = [96, 96, 96], overlap = 0.25, blend = "gaussian", perCase = 4 } = options;
  assert(
    Array.isArray(size) && size.length === 3 && size.every((n) => Number.isInteger(n) && n > 0),
    `size must be [depth, height, width] in voxels, got ${JSON.stringify(size)}`,
    { where: { call: "Slicer" } },
  );
  assertBlend(overlap, blend);
  assert(Number.isInteger(perCase) && perCase > 0, `perCase must be a positive integer, got ${perCase}`, {
    where: { call: "Slicer" },
  });
  return { size: [size[0], size[1], size[2]], overlap, blend, perCase };
}

/** @throws MidashError `invalid-argument` */
export function assertBlend(overlap: number, blend: Blend): void {
  const where = { call: "Slicer" };
  assert(overlap >= 0 && overlap < 1, `overlap must be at least 0 and below 1, got ${overlap}`, { where });
  assert(blend === "gaussian" || blend === "constant", `blend must be gaussian or constant, got "${blend}"`, {
    where,
  });
}
