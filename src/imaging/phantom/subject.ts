import { assert } from "../../base/errors/index.ts";
import { mapTriple, type Triple, type Volume } from "../volume/index.ts";
import { parametricHead } from "./head.ts";
import { type SimulatedImages, type SimulateOptions, simulateFromLabels } from "./simulate.ts";
import { headTissueTable } from "./tissues.ts";

/** Options of {@link phantomSubject}. */
export interface PhantomSubjectOptions extends SimulateOptions {
  /** Voxels of the images along x, y, z. Default [96, 112, 80]. */
  readonly shape?: Triple;
  /** Voxel size in mm. Default 2 mm isotropic. */
  readonly spacing?: Triple;
}

/** One subject of the phantom cohort. */
export interface PhantomSubject extends SimulatedImages {
  /** `phantom-007` for subject 7. */
  readonly id: string;
  readonly subject: number;
}

/** Label samples per voxel and axis: partial volume in steps of an eighth. */
const SAMPLES = 2;

/**
 * A simulated subject: a {@link parametricHead} drawn at half the voxel size, imaged as MR and CT by
 * {@link simulateFromLabels}. The same seed and subject give the same bits; other subjects are other heads.
 *
 * The default grid holds the head from vertex to below the skull base in 80 axial slices of 96 by 112; about one head in ten
 * grazes its edge with an ear, the nose or the scalp.
 */
export async function phantomSubject(options: PhantomSubjectOptions): Promise<PhantomSubject> {
  const { shape = [96, 112, 80], spacing = [2, 2, 2], subject = 0, seed, signal } = options;
  assert(Number.isInteger(subject) && subject >= 0, `subject must be 0, 1, 2, …; got ${subject}`, {
    where: { call: "phantomSubject" },
  });
  const labels: Volume = await parametricHead({
    seed,
    subject,
    shape: mapTriple(shape, (n) => n * SAMPLES),
    spacing: mapTriple(spacing, (s) => s / SAMPLES),
    signal,
  });
  const images = await simulateFromLabels(labels, headTissueTable(), { ...options, subject, spacing });
  return { ...images, id: `phantom-${String(subject).padStart(3, "0")}`, subject };
}
