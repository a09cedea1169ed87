import { assert, orNearest } from "../../../base/errors/index.ts";

/** MR contrasts by which tissues can be distinguished. */
export type TissueContrast = "t1" | "t2" | "flair";

/** What an image was found to show: one of the contrasts by the order of its tissues, `pd` (white, CSF, grey from dark to bright), or an order that no usual one has. */
export type FoundContrast = TissueContrast | "pd" | "other";

/** The classes, in the order of their labels from 1. */
export const TISSUES = ["csf", "gm", "wm"] as const satisfies readonly TissueName[];

/** Cerebrospinal fluid, grey matter, white matter. */
export type TissueName = "csf" | "gm" | "wm";

/** From dark to bright: indices into {@link TISSUES}. */
export const ORDER: Readonly<Record<TissueContrast, readonly [number, number, number]>> = {
  t1: [0, 1, 2],
  t2: [2, 1, 0],
  flair: [0, 2, 1],
};

export const CONTRAST_NAMES = ["t1", "t2", "flair"] as const satisfies readonly TissueContrast[];

/** The contrast that has the tissues in this order, from dark to bright. */
export function contrastByOrder(order: readonly number[]): FoundContrast {
  const found = CONTRAST_NAMES.find((name) => String(ORDER[name]) === String(order));
  return found ?? (String(order) === "2,0,1" ? "pd" : "other");
}

/** Options of `Classifier.tissue`. */
export interface TissueOptions {
  /**
   * What a volume given without a name shows. Default `auto`: read off the image (white matter is the class that lies deepest), and said in
   * the result. Name it when you know it.
   */
  readonly contrast?: TissueContrast | "auto";
  /**
   * Strength of the Markov random field: how much one neighbour 1 mm away that is of a class, for certain, adds to that class's log odds. Default
   * 0.6, about what Atropos's usual 0.2 over 26 neighbours comes to: less leaves noise, more costs thin gyri. 0 decides each voxel by itself.
   */
  readonly smoothness?: number;
  /**
   * Full width at half maximum, mm, of the low-pass that the bias field passes: the smaller, the faster may it depart from where N4 starts it,
   * and the more of the anatomy it takes away. Default 80: on two simulated heads 60 came to the same. What the classes don't agree on is not taken for a
   * field at all. Infinity estimates none.
   */
  readonly biasFwhm?: number;
  /** At most so many rounds of classes and field. Default 30; it ends before when nothing changes any more. */
  readonly iterations?: number;
}

/** {@link TissueOptions} with every default filled in. */
export type TissueSettings = Required<TissueOptions>;

const DEFAULTS: TissueSettings = { contrast: "auto", smoothness: 0.6, biasFwhm: 80, iterations: 30 };

/** Fills in the defaults. @throws MidashError `invalid-argument` */
export function tissueSettings(given: TissueOptions): TissueSettings {
  const where = { call: "Classifier.tissue" };
  for (const key of Object.keys(given))
    assert(Object.hasOwn(DEFAULTS, key), `there is no option "${key}"`, {
      where,
      hint: orNearest(key, Object.keys(DEFAULTS)),
    });
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const settings: TissueSettings = { ...DEFAULTS, ...known };
  const { contrast, smoothness, biasFwhm, iterations } = settings;
  const contrasts: readonly string[] = ["auto", ...CONTRAST_NAMES];
  assert(contrasts.includes(contrast), `unknown contrast "${String(contrast)}"`, {
    where,
    hint: orNearest(String(contrast), contrasts),
  });
  assert(smoothness >= 0 && smoothness <= 10, `smoothness must lie in 0 to 10, got ${smoothness}`, { where });
  assert(biasFwhm >= 10, `biasFwhm must be at least 10 mm, got ${biasFwhm}`, { where });
  assert(
    Number.isInteger(iterations) && iterations >= 1 && iterations <= 1000,
    `iterations must be a whole number from 1 to 1000, got ${iterations}`,
    { where },
  );
  return settings;
}
