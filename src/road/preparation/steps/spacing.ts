import { assert } from "../../../base/errors/index.ts";
import {
  type Grid,
  gridAtSpacing,
  obliquityOf,
  orientationOf,
  resample,
  sameGrid,
  spacingOf,
  straightGrid,
  type Triple,
  Volume,
} from "../../../imaging/volume/index.ts";
import { moveOutputs } from "../outputs.ts";
import type { Step, StepType } from "../step.ts";
import { stepOptions } from "../step-options.ts";
import { movedTo } from "../subject.ts";

/** How many times as large as the model's an input's voxels may be, along each axis. */
export interface SpacingLimits {
  readonly min: number;
  readonly max: number;
}

/** Options of {@link spacing}: the grid that a model runs on, and which others may be taken to it. */
export interface SpacingOptions {
  /** Voxel size of the model's grid in mm, along R, A, S. */
  readonly spacing: Triple;
  /** Subjects beyond them are refused. Default {@link SPACING_LIMITS}. */
  readonly limits?: SpacingLimits;
  /** Degrees; grids that are more oblique are resampled onto a straight one. Default {@link MAX_OBLIQUITY}. */
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
 * Takes a subject to the model's grid, and outputs back. Where the spacing differs from the model's by more than 1 %, or the axes are oblique
 * or sheared by more than `maxObliquity`, images are resampled, anti-aliased, to the model's spacing; in the latter case onto a straight grid that
 * covers the volume, whose voxels without any of it `masks.covered` tells apart. Masks and labels take the nearest voxel.
 *
 * @throws MidashError `invalid-argument` for impossible options; forward, for voxels beyond the limits and for grids that are not RAS
 */
export function spacing(options: SpacingOptions): Step {
  const model = checked(options);
  const gridAfter = (grid: Grid) => modelGrid(grid, model);
  return {
    type: "spacing",
    async forward(subject, { signal, where }) {
      const { grid } = subject;
      assertWithinLimits(grid, model, where);
      const like = gridAfter(grid);
      const moved = movedTo(like, subject, (volume, kind, outside) =>
        resample(volume, {
          like,
          interpolation: kind === "mask" || kind === "labels" ? "nearest" : "linear",
          // Beyond the field of view anatomy goes on: a straight grid around an oblique one repeats its border.
          fill: kind === "input" ? "border" : outside,
          signal,
        }),
      );
      if (!isOblique(grid, model) || moved.masks.covered) return moved;
      const ones = new Volume({ ...grid, data: new Uint8Array(voxels(grid)).fill(1) });
      const covered = resample(ones, { like, interpolation: "nearest", fill: 0, signal });
      return { ...moved, masks: { ...moved.masks, covered } };
    },
    backward: async (outputs, grid, { signal }) =>
      moveOutputs(outputs, (volume, fill) =>
        sameGrid(volume, grid) ? volume : resample(volume, { like: grid, fill, signal }),
      ),
    gridAfter,
    toJSON: () => ({ type: "spacing", ...model, limits: { ...model.limits } }),
  };
}

export const spacingType: StepType = {
  type: "spacing",
  parse: (json) =>
    spacing(stepOptions(json, ["spacing", "limits", "maxObliquity"]) as unknown as SpacingOptions),
};

function checked(options: SpacingOptions): Required<SpacingOptions> {
  const { spacing: mm, limits = SPACING_LIMITS, maxObliquity = MAX_OBLIQUITY } = options;
  const where = "spacing";
  assert(
    Array.isArray(mm) && mm.length === 3 && mm.every((s) => s > 0),
    `spacing must be three positive numbers, got ${JSON.stringify(mm)}`,
    { where },
  );
  assert(
    limits.min > 0 && limits.min <= 1 && limits.max >= 1,
    `the limits of spacing must enclose 1, got ${JSON.stringify(limits)}`,
    { where },
  );
  assert(maxObliquity >= 0, `maxObliquity must be degrees, 0 or more, got ${maxObliquity}`, { where });
  return { spacing: mm, limits, maxObliquity };
}

function modelGrid(grid: Grid, model: Required<SpacingOptions>): Grid {
  if (isOblique(grid, model)) return straightGrid(grid, model.spacing);
  const near = spacingOf(grid.affine).every(
    (s, d) => Math.abs(s / model.spacing[d]! - 1) <= SPACING_TOLERANCE,
  );
  return near ? grid : gridAtSpacing(grid, model.spacing);
}

function isOblique({ affine }: Grid, { maxObliquity }: Required<SpacingOptions>): boolean {
  return obliquityOf(affine) > maxObliquity;
}

function voxels({ shape }: Grid): number {
  return shape[0] * shape[1] * shape[2];
}

function assertWithinLimits(
  { affine }: Grid,
  { spacing: wanted, limits }: Required<SpacingOptions>,
  where = "spacing",
): void {
  const orientation = orientationOf(affine);
  assert(orientation === "RAS", `the model's voxel size is along R, A and S, this grid is ${orientation}`, {
    where,
    hint: "put orient() before spacing()",
  });
  const given = spacingOf(affine);
  const mm = (voxel: Triple) => `${voxel.map((s) => Number(s.toFixed(2))).join("×")} mm`;
  const bound = (factor: number) => mm(wanted.map((s) => s * factor) as unknown as Triple);
  // The tolerance that makes spacings equal holds here too.
  const inside = given.every(
    (s, d) =>
      s <= limits.max * wanted[d]! * (1 + SPACING_TOLERANCE) &&
      s >= limits.min * wanted[d]! * (1 - SPACING_TOLERANCE),
  );
  assert(
    inside,
    `voxels of ${mm(given)} (along x, y, z) are too far from the model's ${mm(wanted)}: it takes ${bound(limits.min)} to ${bound(limits.max)}`,
    {
      where,
      hint: "check the voxel size in the header, or use a model trained near this one",
    },
  );
}
