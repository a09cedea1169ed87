/**
 * What a tissue looks like to MR and CT. Relaxation times are for 1.5 T.
 *
 * Sources, by the tags used below:
 * - [BW] BrainWeb's MRI simulator, table of tissue MR parameters (1996), used by Kwan, Evans and Pike, "MRI
 *   simulation-based evaluation of image-processing and classification methods", IEEE TMI 18(11), 1999.
 * - [ST] Stanisz et al., "T1, T2 relaxation and magnetization transfer in tissue at 3T", MRM 54(3), 2005; its 1.5 T columns.
 * - [SC] Schneider, Pedroni and Lomax, "The calibration of CT Hounsfield units for radiotherapy treatment planning",
 *   PMB 41, 1996: HU from the mass density of the ICRU tissues (brain 1.04, muscle 1.05, skin 1.09, lens 1.07,
 *   cranium 1.61, cortical bone 1.92, spongiosa 1.18 g/cm³ give about 31, 42, 86, 64, 903, 1371 and 253 HU).
 * - [BZ] Buzug, "Computed Tomography", Springer 2008: ranges of HU (white 20-30, grey 37-45, fat -100 to -50).
 * - [own] our choice where we know of no table; says what it stands for.
 */
export interface Tissue {
  readonly name: string;
  /** Longitudinal relaxation time at 1.5 T, ms. */
  readonly t1: number;
  /** Transverse relaxation time at 1.5 T, ms. 0: no signal. */
  readonly t2: number;
  /** Proton density relative to water, 0 to 1. */
  readonly pd: number;
  /** CT number. `mean` HU over subjects; `sd` HU is the texture within a subject, and half of it the spread between subjects. */
  readonly hu: { readonly mean: number; readonly sd: number };
  /** True where CT numbers scale with the subject's bone density. */
  readonly bone?: boolean;
}

/** A tissue that is two others, intermingled by a smooth random field: soft tissue that is muscle here and fat there. */
export interface TissueMixture {
  readonly name: string;
  readonly tissues: readonly [Tissue, Tissue];
  /** Mean share of the second tissue, 0 to 1. */
  readonly share: number;
}

/** Label number to tissue. Every label of a map needs an entry. */
export type TissueTable = ReadonlyMap<number, Tissue | TissueMixture>;

/** Label numbers of the parametric head; each is an index of {@link HEAD_TISSUES}. */
export const HeadLabel = {
  air: 0,
  skin: 1,
  fat: 2,
  muscle: 3,
  corticalBone: 4,
  diploe: 5,
  denseBone: 6,
  mucosa: 7,
  csf: 8,
  greyMatter: 9,
  whiteMatter: 10,
  deepGrey: 11,
  ventricle: 12,
  cerebellarGrey: 13,
  cerebellarWhite: 14,
  brainStem: 15,
  vitreous: 16,
  lens: 17,
  opticNerve: 18,
  venousBlood: 19,
  innerAir: 20,
} as const;

const CSF = { t1: 2569, t2: 329, pd: 1, hu: { mean: 10, sd: 2 } }; // [BW], HU [BZ]
const GREY = { t1: 833, t2: 83, pd: 0.86, hu: { mean: 39, sd: 3 } }; // [BW], HU [BZ]
const WHITE = { t1: 500, t2: 70, pd: 0.77, hu: { mean: 28, sd: 3 } }; // [BW], HU [BZ]
const AIR = { t1: 1, t2: 0, pd: 0, hu: { mean: -1000, sd: 0 } };

/**
 * Tissues of the parametric head, indexed by {@link HeadLabel}. Cortical bone and air are both dark on every
 * contrast, as in patients, so intensity alone does not separate them.
 */
export const HEAD_TISSUES: readonly Tissue[] = [
  { name: "air", ...AIR },
  { name: "skin", t1: 900, t2: 47, pd: 0.9, hu: { mean: 70, sd: 8 } }, // [BW] muscle/skin; HU a little under [SC]
  { name: "fat", t1: 350, t2: 70, pd: 1, hu: { mean: -95, sd: 8 } }, // [BW]; HU [BZ]
  { name: "muscle", t1: 900, t2: 47, pd: 1, hu: { mean: 48, sd: 8 } }, // [BW]; HU [SC]
  // Bone water: short T2 (under 1 ms) and about a fifth of water's protons leave no signal at these echo times. HU [SC].
  { name: "cortical bone", t1: 250, t2: 0.5, pd: 0.2, hu: { mean: 1300, sd: 90 }, bone: true },
  // [own] fatty marrow between trabeculae: fat's T1, T2 shortened by susceptibility, protons by the bone's share.
  // HU between spongiosa and cranium [SC].
  { name: "diploë", t1: 350, t2: 45, pd: 0.5, hu: { mean: 550, sd: 90 }, bone: true },
  { name: "dense bone", t1: 250, t2: 0.5, pd: 0.15, hu: { mean: 1650, sd: 120 }, bone: true }, // [own] petrous
  { name: "mucosa", t1: 1100, t2: 90, pd: 0.95, hu: { mean: 40, sd: 8 } }, // [own] wetter than muscle
  { name: "csf", ...CSF },
  { name: "grey matter", ...GREY },
  { name: "white matter", ...WHITE },
  { name: "deep grey", t1: 740, t2: 76, pd: 0.84, hu: { mean: 37, sd: 3 } }, // [own] between [BW]'s grey and white
  { name: "ventricle", ...CSF },
  { name: "cerebellar grey", ...GREY },
  { name: "cerebellar white", ...WHITE },
  { name: "brain stem", t1: 580, t2: 74, pd: 0.79, hu: { mean: 29, sd: 3 } }, // [own] between [BW]'s white and grey
  { name: "vitreous", ...CSF, hu: { mean: 8, sd: 2 } }, // [own] as CSF
  { name: "lens", t1: 1000, t2: 30, pd: 0.7, hu: { mean: 70, sd: 4 } }, // [own]; HU [SC]
  { name: "optic nerve", t1: 815, t2: 77, pd: 0.8, hu: { mean: 32, sd: 4 } }, // [ST]
  { name: "venous blood", t1: 1441, t2: 290, pd: 0.3, hu: { mean: 55, sd: 4 } }, // [ST]; [own] PD cut by outflow
  { name: "inner air", ...AIR },
];

/** The {@link TissueTable} of the parametric head. */
export function headTissueTable(): TissueTable {
  return new Map(HEAD_TISSUES.map((tissue, label) => [label, tissue]));
}
