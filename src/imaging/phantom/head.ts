import { assert, breathe, throwIfAborted } from "../../base/errors/index.ts";
import { affineFromSpacing, type Triple, Volume } from "../volume/index.ts";
import { layAnatomy } from "./anatomy.ts";
import { brainLayers } from "./head-brain.ts";
import { outsideLayers } from "./head-outside.ts";
import { drawHeadShape } from "./head-shape.ts";
import { boxLayers, latticeOver, paintSlab } from "./painted-layers.ts";

/** Options of {@link parametricHead}. */
export interface ParametricHeadOptions {
  readonly seed: number | string;
  /** Which head of the seed's population. Default 0. */
  readonly subject?: number;
  /** Voxels along x, y, z. Default [192, 224, 160]. */
  readonly shape?: Triple;
  /** Voxel size in mm. Default 1 mm isotropic. */
  readonly spacing?: Triple;
  readonly signal?: AbortSignal;
}

/** Width of the cells between which shapes are interpolated, mm: a sixth of the cortex's folding wavelength. */
const CELL = 4;

/** Height of the field of view above the head's origin, mm: room for the tallest vertex. */
const TOP = 89;

/**
 * Draws a head: its labels ({@link HeadLabel}) on a grid, exact. Head to head, everything varies that
 * `drawHeadShape` lists. The same seed and subject give the same head, whatever grid it is drawn on.
 *
 * The anatomy is simulated: plausible proportions (adult; sizes from atlases, rounded), not a patient's. The field of
 * view is centred left to right and front to back; its top lies just above the vertex, so that 160 mm reach from there
 * to below the skull base, and 256 mm to the neck.
 *
 * @returns a Uint8 volume, RAS, flagged simulated
 */
export async function parametricHead(options: ParametricHeadOptions): Promise<Volume> {
  const { seed, subject = 0, shape = [192, 224, 160], spacing = [1, 1, 1], signal } = options;
  assert(
    shape.every((n) => Number.isInteger(n) && n > 0) && spacing.every((s) => s > 0 && s < 50),
    `shape must be positive integers and spacing mm in (0, 50), got [${shape.join(", ")}] at [${spacing.join(", ")}]`,
    { where: { call: "parametricHead" } },
  );
  assert(Number.isInteger(subject) && subject >= 0, `subject must be 0, 1, 2, …; got ${subject}`, {
    where: { call: "parametricHead" },
  });
  throwIfAborted(signal);
  const affine = affineFromSpacing(spacing, originOf(shape, spacing));
  const lattice = latticeOver(shape, spacing, CELL);
  const anatomy = layAnatomy(lattice, affine, drawHeadShape(seed, subject));
  await breathe(signal);
  const outside = outsideLayers(anatomy);
  await breathe(signal);
  const layers = boxLayers(lattice, [...outside, ...brainLayers(anatomy)]);
  await breathe(signal);
  const data = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (let slab = 0; slab < lattice.nodes[2] - 1; slab++) {
    paintSlab(lattice, layers, slab, data);
    if (slab % 8 === 7) await breathe(signal);
  }
  return new Volume({
    shape,
    data,
    affine,
    simulated: true,
    meta: { name: `head-${seed}-${subject}`, description: "labels of a parametric head", seed, subject },
  });
}

/** World place of voxel (0, 0, 0). Tall fields of view, beyond 210 mm, share their surplus between top and bottom. */
function originOf(shape: Triple, spacing: Triple): Triple {
  const extent = shape.map((n, d) => n * spacing[d]!);
  const top = TOP + Math.max(0, extent[2]! - 210) / 2;
  return [
    -extent[0]! / 2 + spacing[0] / 2,
    -extent[1]! / 2 + spacing[1] / 2 + 6, // the face reaches further from the origin than the occiput
    top - extent[2]! + spacing[2] / 2,
  ];
}
