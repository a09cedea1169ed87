import { assert, type ErrorSubject, fail } from "../../base/errors/index.ts";

/** A closed interval, low before high. */
export type Interval = readonly [low: number, high: number];

/** Options of `Normalizer.percentile`. */
export interface PercentileOptions {
  /** Percentile that maps to the low end of `output`, 0 to 100. Default 0.5: ignores the darkest noise, as nnU-Net's CT scheme. */
  readonly low?: number;
  /** Percentile that maps to the high end of `output`, 0 to 100. Default 99.5: ignores vessels and coil hot spots. */
  readonly high?: number;
  /** Clip to the range, both ways. Default true, so that a network's input is bounded. */
  readonly clip?: boolean;
  /** Default [0, 1]. */
  readonly output?: Interval;
}

/** Options of `Normalizer.zscore`. */
export interface ZscoreOptions {
  /** Which voxels give mean and sd: `"all"` (default), or `"foreground"`, those above 0 (MR background is about 0). */
  readonly mask?: "all" | "foreground";
}

/** Options of `Normalizer.window`. */
export interface WindowOptions {
  /** Value, in the volume's unit, that maps to the low end of `output`. */
  readonly min: number;
  /** Value, in the volume's unit, that maps to the high end of `output`. */
  readonly max: number;
  /** Clip to the range, both ways. Default true. */
  readonly clip?: boolean;
  /** Default [0, 1]. */
  readonly output?: Interval;
}

/** Options of `Normalizer.minmax`. */
export interface MinmaxOptions {
  /** Clip to the range, both ways; matters when fitted on other volumes. Default true. */
  readonly clip?: boolean;
  /** Default [0, 1]. */
  readonly output?: Interval;
}

/** A kind of normalisation with every option filled in. */
export type NormalizerSpec =
  | { readonly type: "percentile"; readonly options: Required<PercentileOptions> }
  | { readonly type: "zscore"; readonly options: Required<ZscoreOptions> }
  | { readonly type: "window"; readonly options: Required<WindowOptions> }
  | { readonly type: "minmax"; readonly options: Required<MinmaxOptions> };

const ALLOWED = {
  percentile: ["low", "high", "clip", "output"],
  zscore: ["mask"],
  window: ["min", "max", "clip", "output"],
  minmax: ["clip", "output"],
} as const;

/** Checks options of unknown origin and fills in the defaults. */
export function normalizerSpec(type: unknown, given: unknown): NormalizerSpec {
  const where = { call: `Normalizer.${String(type)}` };
  assert(typeof type === "string" && Object.hasOwn(ALLOWED, type), `unknown type ${JSON.stringify(type)}`, {
    where: { call: "Normalizer" },
    hint: `known are ${Object.keys(ALLOWED).join(", ")}`,
  });
  assert(typeof given === "object" && given !== null && !Array.isArray(given), "options must be an object", {
    where,
  });
  const options = given as Readonly<Record<string, unknown>>;
  const allowed: readonly string[] = ALLOWED[type as keyof typeof ALLOWED];
  for (const key of Object.keys(options))
    assert(allowed.includes(key), `there is no option "${key}"`, {
      where,
      hint: `its options are ${allowed.join(", ")}`,
    });
  switch (type as keyof typeof ALLOWED) {
    case "percentile": {
      const low = finite(options.low ?? 0.5, "low", where);
      const high = finite(options.high ?? 99.5, "high", where);
      assert(low >= 0 && high <= 100 && low < high, `needs 0 ≤ low < high ≤ 100, got ${low} and ${high}`, {
        where,
      });
      return {
        type: "percentile",
        options: { low, high, ...range(options, where) },
      };
    }
    case "window": {
      const min = finite(options.min, "min", where);
      const max = finite(options.max, "max", where);
      assert(min < max, `needs min < max, got ${min} and ${max}`, { where });
      return { type: "window", options: { min, max, ...range(options, where) } };
    }
    case "minmax":
      return { type: "minmax", options: range(options, where) };
    case "zscore": {
      const mask = options.mask ?? "all";
      if (mask !== "all" && mask !== "foreground")
        fail("invalid-argument", `mask must be "all" or "foreground", got ${JSON.stringify(mask)}`, {
          where,
        });
      return { type: "zscore", options: { mask } };
    }
  }
}

function range(options: Readonly<Record<string, unknown>>, where: ErrorSubject): Required<MinmaxOptions> {
  const clip = options.clip ?? true;
  if (typeof clip !== "boolean") fail("invalid-argument", "clip must be true or false", { where });
  const output = options.output ?? [0, 1];
  if (!Array.isArray(output) || output.length !== 2)
    fail("invalid-argument", "output must be two numbers, [low, high]", { where });
  const low = finite(output[0], "output[0]", where);
  const high = finite(output[1], "output[1]", where);
  assert(low < high, `output must be low before high, got [${low}, ${high}]`, { where });
  return { clip, output: [low, high] };
}

export function finite(value: unknown, name: string, where: ErrorSubject): number {
  if (typeof value !== "number" || !Number.isFinite(value))
    fail("invalid-argument", `${name} must be a finite number, got ${String(value)}`, { where });
  return value;
}
