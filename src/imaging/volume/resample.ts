import { product } from "../../base/bytes/index.ts";
import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import {
  type Affine,
  invertAffine,
  mapTriple,
  multiplyAffines,
  shiftAffine,
  spacingOf,
  type Triple,
} from "./affine.ts";
import type { Grid } from "./grid.ts";
import { sameGrid } from "./grid.ts";
import { paddingOf } from "./padding.ts";
import { type Placing, sampleNearest, sampleSmoothly } from "./sampling/sample.ts";
import type { Volume } from "./volume.ts";

/**
 * `linear` for images, `nearest` for labels and masks. `cubic` is the cubic B-spline through the values (SciPy's order 3, SimpleITK's
 * `sitkBSpline`): smoother than linear and sharper, but it can overshoot at edges, which for HU means values that are in no tissue.
 */
export type Interpolation = "nearest" | "linear" | "cubic";

/** Where to resample to: give `spacing` or `like`, not both. */
export interface ResampleOptions {
  /** New voxel size in mm; orientation and field of view stay. */
  readonly spacing?: Triple;
  /** A grid (or a Volume) to land on. */
  readonly like?: Grid;
  /** Default `linear`. */
  readonly interpolation?: Interpolation;
  /**
   * Value, in the volume's unit, beyond the source's field of view, or `border`: the nearest value inside. Default: -1024 for HU
   * (air), the image's lowest value for `arbitrary` (MR), else 0.
   */
  readonly fill?: number | "border";
  /**
   * Smooth with a Gaussian where the new voxels are larger than the old ones, so that detail which they can't hold is averaged
   * instead of hit or missed. σ in old voxels is sqrt(k² - 1) / 2.355 for new voxels k times as large: Cardoso et al., "Scale factor
   * point spread function matching", MICCAI 2015, as in TorchIO. Default true for `linear` and `cubic`, as in scikit-image's `resize`: a CT taken
   * to 3 mm slices came to 13 HU of the average of its 1 mm slices, without it to 31 HU. SimpleITK does not smooth. Never for `nearest`.
   */
  readonly antialias?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The grid with voxels of `spacing` mm that covers the same field of view: shape rounds to nearest, and the outer
 * corner of the first voxel stays where it was (as TorchIO and SimpleITK recipes do).
 */
export function gridAtSpacing(grid: Grid, spacing: Triple): Grid {
  const current = spacingOf(grid.affine);
  const shape = mapTriple(grid.shape, (n, d) => Math.max(1, Math.round((n * current[d]!) / spacing[d]!)));
  const factor = mapTriple(spacing, (s, d) => s / current[d]!);
  const scale: Affine = [factor[0], 0, 0, 0, 0, factor[1], 0, 0, 0, 0, factor[2], 0, 0, 0, 0, 1];
  // Voxel centres: outer corner at -0.5 stays, so the new first centre lies at factor/2 - 0.5 of the old grid.
  const start = mapTriple(factor, (f) => f / 2 - 0.5);
  return { shape, affine: multiplyAffines(shiftAffine(grid.affine, start), scale) };
}

/**
 * Resamples onto another grid through world space. A linear or cubic result is Float32; nearest keeps the stored type.
 *
 * The border rule, the same for all kinds: a voxel is as large as its spacing, so points up to half a voxel outside the outermost centres
 * lie in the image and take the value at the nearest point between centres; beyond that, `fill`. SciPy's `mode="nearest"` agrees up to
 * there, SimpleITK within the outermost centres (beyond them it repeats the border for linear and gives its default value for cubic).
 *
 * Memory: the result, a Float32 copy of the source where it is smoothed or cubic, and a copy as it is stored where axes change places.
 *
 * @throws MidashError `invalid-argument`, `limit` for more than 2^29 voxels, `aborted`
 */
export function resample(volume: Volume, options: ResampleOptions): Volume {
  const { spacing, like, interpolation = "linear", antialias = true, signal } = options;
  assert(!spacing !== !like, "give either spacing or like", { where: { call: "resample" } });
  if (spacing)
    assert(
      spacing.length === 3 && spacing.every((s) => Number.isFinite(s) && s > 0),
      `spacing must be three positive numbers in mm, got [${spacing.join(", ")}]`,
      { where: { call: "resample" } },
    );
  assert(
    KINDS.includes(interpolation),
    `interpolation must be ${KINDS.join(", ")}, got ${String(interpolation)}`,
    { where: { call: "resample" } },
  );
  const { fill } = options;
  assert(
    fill === undefined || fill === "border" || typeof fill === "number",
    `fill must be a number or "border", got ${String(fill)}`,
    { where: { call: "resample" } },
  );
  throwIfAborted(signal);
  const grid = like ?? gridAtSpacing(volume, spacing!);
  if (sameGrid(volume, grid, 1e-4)) return volume;
  const voxels = product(grid.shape);
  if (voxels > MAX_VOXELS)
    fail("limit", `the new grid would have ${grid.shape.join("×")} voxels, more than ${MAX_VOXELS}`, {
      where: { call: "resample" },
      hint: "check the spacing, which is in mm, or crop first",
    });
  const beyond = fill ?? paddingOf(volume);
  const place: Placing = {
    toSource: multiplyAffines(invertAffine(volume.affine), grid.affine),
    border: beyond === "border",
    fill: beyond === "border" ? 0 : beyond, // not used there
    shape: grid.shape,
    signal,
  };
  const target = { shape: grid.shape, affine: grid.affine };
  if (interpolation === "nearest")
    return volume.with({ ...target, data: sampleNearest(volume, place), scaling: volume.scaling });
  const sigma: Triple = antialias ? antialiasSigma(place.toSource) : [0, 0, 0];
  // Such a kernel holds little but the border, and takes for ever.
  for (const [d, n] of volume.shape.entries())
    assert(
      sigma[d]! <= 4 * n,
      `the new voxels are ${Math.round((sigma[d]! * FWHM) / n)} times as large as the whole volume along its axis ${"ijk"[d]}`,
      { where: { call: "resample" }, hint: "check the spacing, which is in mm" },
    );
  return volume.with({ ...target, data: sampleSmoothly(volume, place, sigma, interpolation) });
}

/** As many as files may hold by default (`Limits.maxVoxels`): 2 GiB as Float32. */
const MAX_VOXELS = 536_870_912;

const KINDS: readonly Interpolation[] = ["nearest", "linear", "cubic"];

/** Full width at half maximum of a Gaussian over its σ: 2√(2 ln 2). A literal, as constants of this wing are: bundlers can leave out what is no call. */
const FWHM = 2.3548200450309493;

/**
 * Along each source axis the σ that widens a voxel's Gaussian to the new voxel's. That one's extent along a source axis is the
 * root of the squared sum of its three edges' there: turned voxels of one size stay as large as they are.
 */
function antialiasSigma(toSource: Affine): Triple {
  const factor = (row: number) => Math.hypot(toSource[row]!, toSource[row + 1]!, toSource[row + 2]!);
  const sigma = (row: number) => {
    const excess = factor(row) ** 2 - 1;
    return excess > 0.01 ? Math.sqrt(excess) / FWHM : 0; // below half a percent nothing is lost
  };
  return [sigma(0), sigma(4), sigma(8)];
}
