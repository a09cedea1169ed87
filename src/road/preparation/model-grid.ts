import { assert } from "../../base/errors/index.ts";
import {
  type Grid,
  gridAtSpacing,
  type Interpolation,
  obliquityOf,
  orientationOf,
  reorient,
  resample,
  sameGrid,
  spacingOf,
  straightGrid,
  type Triple,
  type Volume,
} from "../../imaging/volume/index.ts";

/** How many times as large as the model's an input's voxels may be, along each axis. */
export interface SpacingLimits {
  readonly min: number;
  readonly max: number;
}

/** The grid that a model runs on, and which others may be taken to it. */
export interface ModelGrid {
  /** Voxel size of the model's grid in mm, along R, A, S. */
  readonly spacing: Triple;
  /** Default {@link SPACING_LIMITS}. */
  readonly limits?: SpacingLimits;
  /** Degrees. Default {@link MAX_OBLIQUITY}. */
  readonly maxObliquity?: number;
}

/**
 * Finer: an sCT shows nothing smaller than the model's voxels; at a quarter 64 voxels of it share one of the model's. Coarser: with a 1 mm
 * model of simulated heads the MAE against the CT on the coarse grid was above that of the 1 mm MR's sCT by 16 % at 2 mm, 20 % at 3 mm,
 * 22 % at 4 mm and 35 % at 6 mm along all axes, by -1 to 15 % up to 4 mm along one or two (`npm run verify:geometry -- --limits`). Beyond 4
 * a skull bone lies between two samples, and the model would have to guess it.
 */
export const SPACING_LIMITS: SpacingLimits = { min: 0.25, max: 4 };

/**
 * Degrees between a grid's axes and the world's up to which slices count as straight. Heads lie turned by nearly as much in straight scans, so a
 * model knows it, and interpolation is not free: a simulated head imaged turned by 10° about x (nodding) gave 94.7 HU taken as straight, 94.8
 * resampled, by 20° 97.6 and 96.5; about z, within the slices, 92.2 and 100.2, by 20° 92.3 and 113.4
 * (`npm run verify:geometry -- --oblique`). The latter is the network's doing, not interpolation's: the straight head
 * padded to that wider plane lost as much (87.6 to 111.4); why (instance norm counting the background is a guess) was not tested.
 */
export const MAX_OBLIQUITY = 10;

/** Spacings closer than this share are the same to a model; scanners' own headers differ by more than rounding. */
const SPACING_TOLERANCE = 0.01;

/**
 * The grid on which a model sees a source. See {@link toModelGrid}.
 *
 * @param source a RAS grid
 */
export function modelGridOf(source: Grid, model: ModelGrid): Grid {
  const { spacing, maxObliquity = MAX_OBLIQUITY } = model;
  if (obliquityOf(source.affine) > maxObliquity) return straightGrid(source, spacing);
  const near = spacingOf(source.affine).every((s, d) => Math.abs(s / spacing[d]! - 1) <= SPACING_TOLERANCE);
  return near ? source : gridAtSpacing(source, spacing);
}

/**
 * Takes a volume to the model's grid. It is reoriented to RAS, which moves no value; where its spacing differs from the model's by more than
 * 1 %, or its axes are oblique or sheared by more than `maxObliquity`, it is resampled, anti-aliased, to the model's spacing; in the latter
 * case onto a straight grid that covers it.
 *
 * @throws MidashError `invalid-argument` when its voxels are beyond the limits
 */
export function toModelGrid(
  volume: Volume,
  model: ModelGrid,
  options: {
    readonly interpolation?: Interpolation;
    readonly fill?: number | "border";
    readonly signal?: AbortSignal;
    readonly where?: string;
  } = {},
): Volume {
  const { where, ...how } = options;
  const ras = reorient(volume, "RAS");
  assertWithinLimits(ras.spacing, model, where);
  return resample(ras, { ...how, like: modelGridOf(ras, model) });
}

/** The way back: a volume on the grid that {@link toModelGrid} gave, on the grid of the source. */
export function fromModelGrid(
  volume: Volume,
  source: Grid,
  options: { readonly fill: number; readonly signal?: AbortSignal },
): { readonly volume: Volume; readonly resampled: boolean } {
  const sides = ({ shape }: Grid) => [...shape].sort((a, b) => a - b).join();
  // Turning the voxels is for nothing when the grids can't be the same.
  if (sides(volume) === sides(source)) {
    const there = reorient(volume, orientationOf(source.affine));
    if (sameGrid(there, source)) return { volume: there, resampled: false };
  }
  return { volume: resample(volume, { ...options, like: source }), resampled: true };
}

function assertWithinLimits(
  given: Triple,
  { spacing, limits = SPACING_LIMITS }: ModelGrid,
  where?: string,
): void {
  const mm = (voxel: Triple) => `${voxel.map((s) => Number(s.toFixed(2))).join("×")} mm`;
  const bound = (factor: number) => mm(spacing.map((s) => s * factor) as unknown as Triple);
  // The tolerance that makes spacings equal holds here too.
  const inside = given.every(
    (s, d) =>
      s <= limits.max * spacing[d]! * (1 + SPACING_TOLERANCE) &&
      s >= limits.min * spacing[d]! * (1 - SPACING_TOLERANCE),
  );
  assert(
    inside,
    `voxels of ${mm(given)} (along x, y, z) are too far from the model's ${mm(spacing)}: it takes ${bound(limits.min)} to ${bound(limits.max)}`,
    {
      where: where ?? "spacing",
      hint: "check the voxel size in the header, or use a model trained near this one",
    },
  );
}
