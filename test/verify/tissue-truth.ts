// The cases of verify:tissue: MR with, for each voxel, its true class (0 no brain, 1 CSF, 2 grey, 3 white).
import { existsSync } from "node:fs";
import { readVolume } from "../../src/host/node/index.ts";
import {
  HeadLabel,
  headTissueTable,
  parametricHead,
  simulateFromLabels,
  tissueTableForHeadLabels,
} from "../../src/imaging/phantom/index.ts";
import type { Triple, Volume } from "../../src/imaging/volume/index.ts";

/** Read-only data beside the repository; not part of it. */
export const DATA = new URL("../../../shared/data/", import.meta.url).pathname;

/**
 * Classes of the whole-head label maps (labels.json beside them). White: cerebral and cerebellar white matter, brain stem, optic chiasm and
 * lesions (25, 57, 77: white matter by place, though they look like grey). Grey: cortex, deep grey, ventral DC and the small grey structures 136 to 164. CSF:
 * ventricles and 24, all fluid between brain and skull. Vessels (30, 62, 502, 514), spinal cord (512), optic nerves (530), eyes, bone, skin and soft tissue are not brain.
 */
const HEAD_CLASSES: readonly (readonly number[])[] = [
  [4, 5, 14, 15, 24, 31, 43, 44, 63, 72],
  [3, 42, 8, 47, 10, 11, 12, 13, 17, 18, 26, 28, 49, 50, 51, 52, 53, 54, 58, 60, 136, 137, 163, 164],
  [2, 41, 7, 46, 16, 25, 57, 77, 85, 251, 252, 253, 254, 255],
];

const PHANTOM_CLASSES: readonly (readonly number[])[] = [
  [HeadLabel.csf, HeadLabel.ventricle],
  [HeadLabel.greyMatter, HeadLabel.deepGrey, HeadLabel.cerebellarGrey],
  [HeadLabel.whiteMatter, HeadLabel.cerebellarWhite, HeadLabel.brainStem],
];

export interface TissueCase {
  readonly id: string;
  readonly mr: Volume;
  /** Uint8, on the grid of `mr`. */
  readonly truth: Volume;
  /** The brain: where truth has a class. Where it has not, as for the template's CSF, all that is not background. */
  readonly mask: Volume;
  /** Classes that truth knows. */
  readonly classes: readonly number[];
}

type ContrastName = "t1" | "t2" | "flair";

/** A head of the label maps, simulated: 3 % noise, 20 % bias. Contrasts are of the same head. */
export async function headCase(
  head: string,
  contrast: ContrastName,
  spacing?: Triple,
): Promise<TissueCase | undefined> {
  const path = `${DATA}heads/head_${head}.nii.gz`;
  if (!existsSync(path)) return undefined;
  const { inputs, labels } = await simulateFromLabels(await readVolume(path), tissueTableForHeadLabels(), {
    seed: "tissue",
    subject: Number(head),
    contrasts: [contrast],
    noise: 0.03,
    bias: 0.2,
    spacing,
  });
  const coarse = spacing ? `-${spacing.join("x")}mm` : "";
  return made(`head_${head}-${contrast}${coarse}`, inputs[contrast]!, labels, HEAD_CLASSES);
}

export async function phantomCase(contrast: ContrastName): Promise<TissueCase> {
  const head = await parametricHead({ seed: 11, shape: [192, 224, 180] });
  const options = { seed: 11, contrasts: [contrast], noise: 0.03, bias: 0.2 };
  const { inputs, labels } = await simulateFromLabels(head, headTissueTable(), options);
  return made(`phantom-${contrast}`, inputs[contrast]!, labels, PHANTOM_CLASSES);
}

/** The MNI template, white before grey where both maps are above a half. It has no map of CSF. */
export async function templateCase(): Promise<TissueCase | undefined> {
  if (!existsSync(`${DATA}tissue/mni_t1.nii.gz`)) return undefined;
  const [mr, gm, wm] = await Promise.all(
    ["t1", "gm", "wm"].map((name) => readVolume(`${DATA}tissue/mni_${name}.nii.gz`)),
  );
  const [grey, white, values] = [gm!.values(), wm!.values(), mr!.values()];
  const truth = new Uint8Array(mr!.size);
  for (let i = 0; i < truth.length; i++) truth[i] = white[i]! > 127.5 ? 3 : grey[i]! > 127.5 ? 2 : 0;
  const mask = Uint8Array.from(values, (v) => (v > 0 ? 1 : 0));
  return {
    id: "mni-t1",
    mr: mr!,
    truth: mr!.with({ data: truth, unit: "unknown" }),
    mask: mr!.with({ data: mask, unit: "unknown" }),
    classes: [2, 3],
  };
}

function made(id: string, mr: Volume, labels: Volume, classes: readonly (readonly number[])[]): TissueCase {
  const lookup = new Uint8Array(1024);
  for (const [c, numbers] of classes.entries()) for (const label of numbers) lookup[label] = c + 1;
  const truth = Uint8Array.from(labels.data, (label) => lookup[label]!);
  const unit = "unknown";
  return {
    id,
    mr,
    truth: labels.with({ data: truth, unit, meta: {} }),
    mask: labels.with({ data: truth.map((c) => (c > 0 ? 1 : 0)), unit, meta: {} }),
    classes: [1, 2, 3],
  };
}

/** Dice of one label over all voxels of the grid; none is skipped. */
export function dice(a: ArrayLike<number>, b: ArrayLike<number>, label: number): number {
  let both = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const inA = a[i] === label;
    const inB = b[i] === label;
    if (inA) sum++;
    if (inB) sum++;
    if (inA && inB) both++;
  }
  return sum > 0 ? (2 * both) / sum : Number.NaN;
}
