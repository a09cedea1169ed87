import { assert, type Where } from "../../../base/errors/index.ts";

/**
 * Numbers of the bias field's estimation, plain data. The defaults are those of N4 (Tustison et al., "N4ITK: improved N3 bias correction", IEEE TMI
 * 2010) as SimpleITK has them, but for `shrink`, which its users set by hand to the same 4.
 */
export interface BiasFieldOptions {
  /** Every so-manieth voxel along each axis is looked at. Default 4: the field is smooth, and 1 takes 64 times as long. */
  readonly shrink?: number;
  /** At most so many on each level. Default 50. */
  readonly iterations?: number;
  /** From level to level the spline's grid doubles. Default 4. */
  readonly fittingLevels?: number;
  /** A level ends when the field's change, as a coefficient of variation, falls below it. Default 0.001. */
  readonly threshold?: number;
  /** Full width at half maximum of the blur that the field is taken to give to the histogram of log intensities. Default 0.15. */
  readonly fwhm?: number;
  /** Noise term of the Wiener filter that takes this blur off. Default 0.01. */
  readonly noise?: number;
  /** Bins of the histogram. Default 200. */
  readonly bins?: number;
  /**
   * Distance in mm of the spline's knots on the first level; it is halved on each next one. Default 0: the first level has one piece along
   * each axis, however long.
   */
  readonly splineSpacing?: number;
}

/** {@link BiasFieldOptions} with every default filled in. */
export type BiasFieldSettings = Required<BiasFieldOptions>;

const BIAS_DEFAULTS: BiasFieldSettings = {
  shrink: 4,
  iterations: 50,
  fittingLevels: 4,
  threshold: 0.001,
  fwhm: 0.15,
  noise: 0.01,
  bins: 200,
  splineSpacing: 0,
};

const WHOLE: readonly [keyof BiasFieldSettings, number, number][] = [
  ["shrink", 1, 64],
  ["iterations", 1, 10_000],
  ["fittingLevels", 1, 8],
  ["bins", 16, 10_000],
];
const POSITIVE: readonly (keyof BiasFieldSettings)[] = ["threshold", "fwhm", "noise"];

/** Checks options of unknown origin and fills in the defaults. @throws MidashError `invalid-argument` */
export function biasFieldSettings(given: unknown, where: Where = { call: "biasField" }): BiasFieldSettings {
  assert(
    typeof given === "object" && given !== null && !Array.isArray(given),
    "must be an object of numbers",
    { where, hint: `its options are ${Object.keys(BIAS_DEFAULTS).join(", ")}` },
  );
  for (const [key, value] of Object.entries(given)) {
    assert(Object.hasOwn(BIAS_DEFAULTS, key), `there is no option "${key}"`, {
      where,
      hint: `its options are ${Object.keys(BIAS_DEFAULTS).join(", ")}`,
    });
    assert(
      value === undefined || (typeof value === "number" && Number.isFinite(value)),
      `${key} must be a finite number, got ${String(value)}`,
      { where },
    );
  }
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const settings: BiasFieldSettings = { ...BIAS_DEFAULTS, ...Object.fromEntries(known) };
  for (const [key, low, high] of WHOLE)
    assert(
      Number.isInteger(settings[key]) && settings[key] >= low && settings[key] <= high,
      `${key} must be a whole number from ${low} to ${high}, got ${settings[key]}`,
      { where },
    );
  for (const key of POSITIVE)
    assert(settings[key] > 0, `${key} must be above 0, got ${settings[key]}`, { where });
  assert(
    settings.splineSpacing === 0 || settings.splineSpacing >= 5,
    `splineSpacing must be 0 or at least 5 mm, got ${settings.splineSpacing}`,
    { where },
  );
  return settings;
}
