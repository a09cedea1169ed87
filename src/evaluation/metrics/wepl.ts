import { assert } from "../../base/errors/index.ts";
import { DENSITY_TABLES, type DensityTable } from "../../imaging/hounsfield/index.ts";
import { applyAffine, bodyMask, invertAffine, type Triple, type Volume } from "../../imaging/volume/index.ts";
import { comparedPair } from "./compared-pair.ts";
import { redFunction } from "./electron-density.ts";
import type { MetricMask, NamedMask } from "./named-mask.ts";
import { assertPerpendicular } from "./perpendicular.ts";
import { RedSlice, Tally, together } from "./ray-tally.ts";
import { raysOf } from "./rays.ts";
import { type Box, boxOf } from "./region.ts";
import type { MetricValue } from "./report.ts";
import { type MetricProgress, ticker } from "./work.ts";

/** Path lengths of the rays of one gantry angle. */
export interface WeplAngle {
  /** Degrees. */
  readonly angle: number;
  readonly rays: number;
  /** Mean |difference|, mm; NaN without rays. */
  readonly mae: number;
  /** Mean difference, mm. */
  readonly me: number;
}

/** What `Metrics.wepl` gives. All differences are prediction - reference; `voxels` of a value counts rays. */
export interface WeplReport {
  readonly preset: "wepl";
  readonly simulated: boolean;
  /** Name of the table. */
  readonly table: string;
  /** Where path lengths end. */
  readonly to: "isocentre" | "exit";
  /** RAS, mm. */
  readonly isocentre: Triple;
  /** mm. */
  readonly raySpacing: number;
  /** Mean |difference|, mm of water. */
  readonly mae: MetricValue;
  /** Mean difference, mm of water: above 0 where beams would stop short. */
  readonly me: MetricValue;
  /** 95th percentile of |difference|, mm of water. */
  readonly p95: MetricValue;
  /** Mean path length in the reference, mm of water, to see the differences beside. */
  readonly path: MetricValue;
  readonly angles: readonly WeplAngle[];
}

/** Options of `Metrics.wepl`. */
export interface WeplOptions {
  /** Voxels above 0 are passed through, all others count as vacuum in both. Default: the body of the reference. */
  readonly mask?: MetricMask;
  /**
   * Gantry angles in degrees (IEC 61217, on the back, head first: 0 from the front, 90 from the patient's left). Default: every 10° of
   * the circle. On a simulated head mean and percentile are within 0.02 % of those of 144 angles (12 angles: 0.2 %), and the angles
   * that plans use are among them.
   */
  readonly angles?: readonly number[];
  /** Default `isocentre`: as deep as a target in the middle. `exit`: through the whole body. */
  readonly to?: "isocentre" | "exit";
  /** RAS, mm. Default: the centroid of the mask. */
  readonly isocentre?: Triple;
  /** mm between rays. Default: the smaller pixel side. */
  readonly raySpacing?: number;
  /** HU to relative electron density. Default `DENSITY_TABLES.matrad`. */
  readonly table?: DensityTable;
  readonly signal?: AbortSignal;
  /** Slices done, of all. */
  readonly onProgress?: (progress: MetricProgress) => void;
}

const ANGLES = Array.from({ length: 36 }, (_, n) => 10 * n);

/**
 * Differences in water-equivalent path length, a check of dose that needs no planning system: along each ray
 * WEPL = ∫ RED(HU(s)) ds, the depth of water that slows or weakens a beam as much; its difference between a synthetic CT and the CT is
 * about the shift of a proton beam's range, as brain pseudo-CTs are judged by (Pileggi et al., Acta Oncol 57, 2018; Spadea et al., Int J
 * Radiat Oncol Biol Phys 105, 2019; range and path length: Schaffner and Pedroni, Phys Med Biol 43, 1998).
 *
 * Parallel rays run in the axial planes that the mask meets, from N gantry angles, and through voxels exactly (Siddon 1985). A ray counts
 * where it passes the mask before its end. Relative electron density stands for the stopping power relative to water, which
 * it equals within one or two percent in soft tissue and less well in bone: read differences, not absolute ranges. No scatter,
 * no divergence, no plan.
 *
 * @throws MidashError `invalid-argument` for units, masks, angles, tables, sheared grids; `grid-mismatch`; `aborted`
 */
export async function wepl(
  prediction: Volume,
  reference: Volume,
  options: WeplOptions = {},
): Promise<WeplReport> {
  const where = { call: "Metrics.wepl" };
  const { angles = ANGLES, to = "isocentre", table = DENSITY_TABLES.matrad, signal, onProgress } = options;
  assert(angles.length > 0 && angles.every(Number.isFinite), "angles must be finite degrees, at least one", {
    where,
  });
  assert(to === "isocentre" || to === "exit", `to must be "isocentre" or "exit", got ${JSON.stringify(to)}`, {
    where,
  });
  const red = redFunction(table, where);
  const pair = comparedPair(prediction, reference, options.mask ?? bodyOf(reference), where);
  const grid = pair.reference;
  assertPerpendicular(grid, where);
  const [nx] = grid.shape;
  const [sx, sy] = grid.spacing;
  const { raySpacing = Math.min(sx, sy) } = options;
  assert(Number.isFinite(raySpacing) && raySpacing > 0, `raySpacing must be above 0 mm, got ${raySpacing}`, {
    where,
  });
  const inside = pair.inside!;
  const box = boxOf(inside, grid.shape)!;
  const centre = options.isocentre
    ? applyAffine(invertAffine(grid.affine), options.isocentre)
    : centroidOf(inside, grid.shape, box);
  assert(centre.every(Number.isFinite), "the isocentre must be three finite mm", { where });
  const plane = {
    nx,
    box,
    spacing: [sx, sy] as const,
    isocentre: [centre[0], centre[1]] as const,
  };
  const bundles = angles.map((angle) => raysOf(plane, angle, raySpacing, to === "isocentre"));
  const tallies = bundles.map(() => new Tally());
  const tick = ticker(signal, onProgress);
  const slice = new RedSlice(pair, red);
  for (let k = box.z0; k < box.z1; k++) {
    slice.read(k);
    for (let n = 0; n < bundles.length; n++) slice.pass(bundles[n]!, tallies[n]!);
    await tick(k + 1 - box.z0, box.z1 - box.z0);
  }

  const end = to === "isocentre" ? "to the isocentre" : "through the body";
  const { rays, absolute, signed, path, p95 } = together(tallies);
  const common = {
    preset: "wepl",
    unit: "mm",
    dataRange: null,
    maskRule: `rays ${end} in ${pair.maskName}, ${angles.length} gantry angles, every ${Number(raySpacing.toFixed(4))} mm; table ${table.name}`,
    voxels: rays,
    ...(rays > 0 ? {} : { why: "no ray passes the mask before its end" }),
  } as const;
  return {
    preset: "wepl",
    simulated: prediction.simulated || reference.simulated,
    table: table.name,
    to,
    isocentre: applyAffine(grid.affine, centre),
    raySpacing,
    mae: { ...common, value: absolute / rays },
    me: { ...common, value: signed / rays },
    p95: { ...common, value: p95 },
    path: { ...common, value: path / rays },
    angles: angles.map((angle, n) => {
      const { count, absolute: sum, signed: balance } = tallies[n]!;
      return { angle, rays: count, mae: sum / count, me: balance / count };
    }),
  };
}

function bodyOf(reference: Volume): NamedMask | undefined {
  // Another unit is refused by what comes next, in its own words.
  if (reference.unit !== "HU") return undefined;
  return { volume: bodyMask(reference), name: "the body of the reference" };
}

/** In voxels. */
function centroidOf(inside: Uint8Array, [nx, ny]: Triple, { x0, x1, y0, y1, z0, z1 }: Box): Triple {
  let [n, x, y, z] = [0, 0, 0, 0];
  for (let k = z0; k < z1; k++)
    for (let j = y0; j < y1; j++)
      for (let i = x0; i < x1; i++) {
        if (!inside[i + nx * (j + ny * k)]) continue;
        n++;
        x += i;
        y += j;
        z += k;
      }
  return [x / n, y / n, z / n];
}
