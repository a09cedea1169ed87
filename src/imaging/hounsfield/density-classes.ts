import { assert, type Where } from "../../base/errors/index.ts";

/** A range of CT numbers with a name: min ≤ HU < max. */
export interface DensityClass {
  readonly name: string;
  /** HU, included. May be -Infinity. */
  readonly min: number;
  /** HU, excluded. May be Infinity. */
  readonly max: number;
  /** The number this class gets in a label volume, 1 to 255; 0 is kept for "outside the mask". */
  readonly label: number;
}

/**
 * The classes that reports use unless others are given: air, fat, soft tissue, bone.
 *
 * The bounds lie between published ranges, not on them: lung -910 to -500 HU and gas -1000 are below -200; adipose
 * tissue spans -190 to -30 HU (Kvist et al., Am J Clin Nutr 48, 1988); water 0, CSF 0 to 15, grey and white matter
 * 20 to 45, muscle and blood 10 to 60 (Bushberg et al., The Essential Physics of Medical Imaging, ch. 10); 150 HU is
 * the usual threshold above which trabecular and cortical bone are counted as bone.
 */
export const DENSITY_CLASSES: readonly DensityClass[] = Object.freeze([
  Object.freeze({ name: "air", min: Number.NEGATIVE_INFINITY, max: -200, label: 1 }),
  Object.freeze({ name: "fat", min: -200, max: -20, label: 2 }),
  Object.freeze({ name: "soft", min: -20, max: 150, label: 3 }),
  Object.freeze({ name: "bone", min: 150, max: Number.POSITIVE_INFINITY, label: 4 }),
]);

/**
 * Checks that `classes` run upwards without gap or overlap and that names and labels are unique.
 *
 * @throws MidashError `invalid-argument`, naming the class at fault
 */
export function assertDensityClasses(classes: readonly DensityClass[], where: Where): void {
  assert(classes.length > 0 && classes.length <= 255, "needs 1 to 255 classes", { where });
  classes.forEach((c, n) => {
    const before = classes[n - 1];
    const name = `class ${n + 1} ("${c.name}")`;
    assert(typeof c.name === "string" && c.name !== "", `class ${n + 1} needs a name`, { where });
    assert(c.min < c.max, `${name} needs min < max, got ${c.min} and ${c.max}`, { where }); // also refuses NaN
    assert(
      Number.isInteger(c.label) && c.label >= 1 && c.label <= 255,
      `${name} needs an integer label from 1 to 255, got ${c.label}`,
      { where },
    );
    if (!before) return;
    assert(
      c.min >= before.max,
      `${name} starts at ${c.min} HU, below the end of "${before.name}" at ${before.max}`,
      { where, hint: "list classes from low to high HU, without overlap" },
    );
    assert(
      c.min === before.max,
      `there is a gap between "${before.name}", ending at ${before.max} HU, and "${c.name}", starting at ${c.min}`,
      { where, hint: "let each class start where the one before ends" },
    );
  });
  for (const key of ["name", "label"] as const) {
    const seen = new Set<unknown>();
    for (const c of classes) {
      assert(!seen.has(c[key]), `two classes have the ${key} ${JSON.stringify(c[key])}`, { where });
      seen.add(c[key]);
    }
  }
}
