import { assert } from "../../../base/errors/index.ts";
import type { Random } from "../../../base/random/index.ts";
import type { Triple } from "../../../imaging/volume/index.ts";
import type { Augmentation } from "./augmentation.ts";
import { type AffineMove, worldAxes } from "./geometry/move.ts";
import { moved } from "./geometry/moved.ts";
import type { Sample } from "./sample.ts";
import { boundsOf, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.affine`. Ranges are for each axis; slices turn, grow and shift in their own plane. */
export interface AffineOptions {
  /** How often samples are changed. Default 0.35: as often as nnU-Net turns or scales, each in a fifth of all samples. */
  readonly share?: number;
  /** Factor of sizes, 1 changing nothing. Default 0.1 (0.9 to 1.1), as TorchIO. */
  readonly scale?: RandomRange;
  /** About each axis. Default 10, as TorchIO. nnU-Net takes 30. */
  readonly degrees?: RandomRange;
  /** mm along each axis. Default 0, as TorchIO: networks that convolve are alike everywhere. */
  readonly translation?: RandomRange;
  /** One factor for all axes. Default false, as TorchIO. */
  readonly isotropic?: boolean;
}

/** Scales, turns and shifts samples about their middle. Intensities are interpolated linearly, labels and masks take the nearest voxel's. */
export function affine(options: AffineOptions = {}): Augmentation {
  const where = { call: "augmentations.affine" };
  const { isotropic = false } = options;
  const share = checkShare(options.share ?? 0.35, where);
  const scale = boundsOf(options.scale ?? 0.1, "scale", where, { neutral: 1, above: 0 });
  const degrees = boundsOf(options.degrees ?? 10, "degrees", where, { neutral: 0, min: -180, max: 180 });
  const translation = boundsOf(options.translation ?? 0, "translation", where, { neutral: 0 });
  assert(typeof isotropic === "boolean", `isotropic must be true or false, got ${isotropic}`, { where });
  const move = ({ axes }: Sample, random: Random): AffineMove | undefined => {
    if (random.next() >= share) return undefined;
    const three = (draw: () => number): Triple => [draw(), draw(), draw()];
    const factor = drawn(random, scale);
    const factors = three(() => (isotropic ? factor : drawn(random, scale)));
    const angles = three(() => drawn(random, degrees));
    const shift = three(() => drawn(random, translation));
    return affineMove(axes, { scale: factors, degrees: angles, translation: shift });
  };
  return {
    name: "affine",
    about: "scales, turns and shifts samples",
    toJSON: () => ({ name: "affine", share, scale, degrees, translation, isotropic }),
    move,
    apply(sample, random) {
      const made = move(sample, random);
      return made ? moved(sample, [made]) : sample;
    },
  };
}

/** Along x, y and z of the world. */
export interface AffineParameters {
  readonly scale: Triple;
  readonly degrees: Triple;
  /** mm */
  readonly translation: Triple;
}

/**
 * TorchIO's Affine about the image's middle: a place p goes to `scale · (R p + translation)`, R turning about y, then x, then z (ITK's Euler angles). Of a slice the
 * turn about the axis across it, and scales and shifts in its plane.
 */
export function affineMove(
  axes: Sample["axes"],
  { scale, degrees, translation }: AffineParameters,
): AffineMove {
  const world = worldAxes(axes);
  const flat = axes.length === 2;
  const across = world[0];
  const angle = (axis: number) => (flat && axis !== across ? 0 : (degrees[axis]! * Math.PI) / 180);
  const kept = (axis: number) => flat && axis === across;
  const turn = turnOf([angle(0), angle(1), angle(2)]);
  // From the result back: R⁻¹ (p / scale − translation), row by row.
  const matrix = world.flatMap((to) => {
    const row = world.map((from) => turn[3 * from + to]! / (kept(from) ? 1 : scale[from]!));
    const shift = [0, 1, 2].reduce(
      (sum, from) => sum - turn[3 * from + to]! * (kept(from) ? 0 : translation[from]!),
      0,
    );
    return [...row, shift];
  });
  return { kind: "affine", matrix };
}

/** Rz Rx Ry, row by row. */
function turnOf([x, y, z]: Triple): readonly number[] {
  const [cx, sx, cy, sy, cz, sz] = [x, y, z].flatMap((a) => [Math.cos(a), Math.sin(a)]) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return [
    cz * cy - sz * sx * sy,
    -sz * cx,
    cz * sy + sz * sx * cy,
    sz * cy + cz * sx * sy,
    cz * cx,
    sz * sy - cz * sx * cy,
    -cx * sy,
    sx,
    cx * cy,
  ];
}
