import { fail, type Where } from "../../base/errors/index.ts";
import { looksLikeCt } from "../../imaging/hounsfield/index.ts";
import {
  foregroundMask,
  mapTriple,
  quantiles,
  reorient,
  resample,
  type Volume,
} from "../../imaging/volume/index.ts";

/** mm of the grid on which an image is looked at. */
const COARSE = 4;
/** mm that an image must cover along each axis: less holds too little of a head to recognise one. */
const LEAST_COVERED = 48;
/** mm above which slices are thicker than any that the model was trained on. */
const THICKEST = 5.5;
/** Extent in mm of what stands out of the background along x and y: from a newborn's head to a large one with coil and ears. */
const HEAD_SIZE = [85, 290] as const;
/** Correlation between neighbours 4 mm apart: heads have some 0.9, noise has none. */
const LEAST_ALIKE = 0.5;

/**
 * Looks whether an image may be an MR of a head, before any network sees it: refuses what can't be one (a CT, noise, a single slice, an image of nothing),
 * and names what lies outside of what the model was trained on.
 *
 * @param where what errors call the image, e.g. its file
 * @returns warnings, each a sentence
 * @throws MidashError `invalid-argument`
 */
export function lookAtHead(mr: Volume, where: Where = { call: "lookAtHead" }): readonly string[] {
  if (mr.unit === "HU" || looksLikeCt(mr))
    fail("invalid-argument", mr.unit === "HU" ? "is a CT in HU" : "has the values of a CT in HU", {
      where,
      hint: "give an MR of a head",
    });
  const covered = mapTriple(mr.shape, (n, d) => n * mr.spacing[d]!);
  if (Math.min(...covered) < LEAST_COVERED || Math.min(...mr.shape) < 8)
    fail(
      "invalid-argument",
      `covers ${covered.map((mm) => mm.toFixed(0)).join("×")} mm in ${mr.shape.join("×")} voxels, too little of a head`,
      { where, hint: `give a volume of at least ${LEAST_COVERED} mm and 8 slices along each axis` },
    );
  const coarse = resample(reorient(mr), { spacing: [COARSE, COARSE, COARSE] });
  const [low, high] = quantiles(coarse.values(), [0.02, 0.99]) as [number, number];
  if (!(high > low)) fail("invalid-argument", "shows nothing: nearly all voxels are alike", { where });
  if (alikeness(coarse) < LEAST_ALIKE)
    fail("invalid-argument", "is noise: neighbouring voxels have nothing in common", {
      where,
      hint: "check the file; an MR of a head is needed",
    });
  const warnings: string[] = [];
  const [wide, deep] = extent(coarse);
  for (const [axis, mm] of [
    ["left to right", wide],
    ["back to front", deep],
  ] as const) {
    if (mm < HEAD_SIZE[0])
      fail(
        "invalid-argument",
        `what it shows measures ${mm.toFixed(0)} mm from ${axis}, too little for a head`,
        {
          where,
          hint: "check voxel sizes and orientation (midash info shows them)",
        },
      );
    if (mm > HEAD_SIZE[1])
      warnings.push(`What the image shows measures ${mm.toFixed(0)} mm from ${axis}: more than a head does.`);
  }
  const thickest = Math.max(...mr.spacing);
  if (thickest > THICKEST)
    warnings.push(
      `Voxels are ${thickest.toFixed(1)} mm thick, the model was trained on 5 mm at most: thin bone will be missed.`,
    );
  return warnings;
}

/** Correlation of a volume with itself, one voxel on along each axis: the least of three. */
function alikeness(volume: Volume): number {
  const values = volume.values();
  const [nx, ny, nz] = volume.shape;
  const steps = [1, nx, nx * ny] as const;
  const found = steps.map((step, axis) => {
    let [n, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
    for (let k = 0; k < nz - (axis === 2 ? 1 : 0); k++)
      for (let j = 0; j < ny - (axis === 1 ? 1 : 0); j++)
        for (let i = 0; i < nx - (axis === 0 ? 1 : 0); i++) {
          const at = i + nx * (j + ny * k);
          const [x, y] = [values[at]!, values[at + step]!];
          n++;
          a += x;
          b += y;
          aa += x * x;
          bb += y * y;
          ab += x * y;
        }
    const spread = Math.sqrt((aa / n - (a / n) ** 2) * (bb / n - (b / n) ** 2));
    return spread > 0 ? (ab / n - (a / n) * (b / n)) / spread : 0;
  });
  return Math.min(...found);
}

/** mm from left to right and from back to front of what is brighter than the background. */
function extent(coarse: Volume): readonly [number, number] {
  const mask = foregroundMask(coarse, { margin: 0 }).data;
  const [nx, ny] = coarse.shape;
  const columns = [new Uint8Array(nx), new Uint8Array(ny)] as const;
  for (let n = 0; n < mask.length; n++)
    if (mask[n]) {
      columns[0][n % nx] = 1;
      columns[1][Math.floor(n / nx) % ny] = 1;
    }
  const [x, y] = columns.map((used) => (used.lastIndexOf(1) - used.indexOf(1) + 1) * COARSE);
  return [x!, y!];
}
