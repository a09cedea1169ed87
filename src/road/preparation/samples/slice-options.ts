import { assert } from "../../../base/errors/index.ts";
import type { SliceAxis } from "../../../imaging/display/index.ts";
import type { Blend } from "./blend.ts";
import { assertBlend } from "./patch-options.ts";

/** How a slice becomes a sample of `size`. */
export type SliceFit = "crop-pad" | "resize" | "tile";

/** Options of `Slicer.slices`. */
export interface SliceOptions {
  /** Default `axial`, as in the capstone and in most published 2-D sCT work. */
  readonly axis?: SliceAxis;
  /** [H, W] of every sample. Default: the volume's own slice size. Needed for `tile`. */
  readonly size?: readonly [number, number];
  /**
   * How a slice gets to `size`.
   * - `crop-pad` (default): the middle, no interpolation, so nothing is lost on the way back but what was cropped.
   * - `resize`: interpolated.
   * - `tile`: a sliding window. Slices larger than `size` give several overlapping samples, which the assembler blends; smaller
   *   ones are padded. For slices that don't fit into memory whole, and for training on patches.
   */
  readonly fit?: SliceFit;
  /**
   * Slices on each side that go along as more channels (2.5-D): each volume gives 2 · context + 1 channels. Default 0. Where the
   * volume ends, its last slice is repeated: anatomy goes on beyond the field of view, a slice of background would be an edge
   * that is not there.
   */
  readonly context?: number;
  /** For `tile`: least share of a window that the next one covers again, from 0 to below 1. Default 0.25, MONAI's. */
  readonly overlap?: number;
  /**
   * For `tile`: the weights with which overlapping windows are averaged (MONAI's `mode`). Default `gaussian`, σ an eighth of the
   * window: a network sees least at a window's rim, so the rim counts least and no seam is left. `constant`: all equal.
   */
  readonly blend?: Blend;
}

/** {@link SliceOptions} with every default filled in. */
export type ResolvedSliceOptions = Required<Omit<SliceOptions, "size">> & {
  readonly size: readonly [number, number] | null;
};

/** Options with every default filled in. @throws MidashError `invalid-argument` */
export function resolveSliceOptions(options: SliceOptions): ResolvedSliceOptions {
  const {
    axis = "axial",
    size = null,
    fit = "crop-pad",
    context = 0,
    overlap = 0.25,
    blend = "gaussian",
  } = options;
  const where = { call: "Slicer" };
  const one = <T extends string>(name: string, value: T, known: readonly T[]) =>
    assert(
      known.includes(value),
      `${name} must be ${known.slice(0, -1).join(", ")} or ${known.at(-1)}, got "${value}"`,
      { where },
    );
  one("axis", axis, ["axial", "coronal", "sagittal"]);
  one("fit", fit, ["crop-pad", "resize", "tile"]);
  assert(
    size === null || (size.length === 2 && size.every((n) => Number.isInteger(n) && n > 0)),
    `size must be [height, width] in pixels, got ${JSON.stringify(size)}`,
    { where },
  );
  assert(fit !== "tile" || size, 'fit "tile" needs the size of a tile', {
    where,
    hint: "e.g. size: [128, 128]",
  });
  for (const key of ["overlap", "blend"] as const)
    assert(fit === "tile" || options[key] === undefined, `${key} is for fit "tile" only`, {
      where,
      hint: `leave it out, or set fit`,
    });
  assert(Number.isInteger(context) && context >= 0, `context must be 0, 1, 2, …; got ${context}`, { where });
  assertBlend(overlap, blend);
  return { axis, size, fit, context, overlap, blend };
}
