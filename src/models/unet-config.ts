import { assert } from "../errors/index.ts";

/** Options of {@link UNet}. All travel in the model file. */
export interface UNetConfig {
  /** Spatial dimensions. Only 2 for now. Default 2. */
  readonly dims?: 2;
  /** Input volumes stacked as channels (e.g. T1 and T2). Default 1. */
  readonly inChannels?: number;
  /** Default 1: the CT. */
  readonly outChannels?: number;
  /** Channels at full resolution; each level below has twice as many. Default 32: the smallest common choice. */
  readonly baseFilters?: number;
  /** Number of resolutions, the bottleneck included. H and W must be multiples of 2^(levels-1). Default 4. */
  readonly levels?: number;
  /**
   * Default `instance`: on small batches of slices batch statistics are noisy and held-out error swings from epoch to
   * epoch (20 HU on a real pair), while instance norm trains smoothly.
   */
  readonly norm?: "instance" | "batch" | "none";
  /** Default `nearest`: no checkerboard (Odena et al. 2016) and the fastest. */
  readonly upsampling?: "nearest" | "bilinear" | "transposed";
  /**
   * Default `linear`: an L1 loss needs no squashing, and a sigmoid's flat ends slow learning of air and dense bone.
   * `sigmoid` fits a target range of [0, 1], `tanh` [-1, 1].
   */
  readonly finalActivation?: "linear" | "sigmoid" | "tanh";
}

/** A config with every option set and checked. */
export type ResolvedUNetConfig = Required<UNetConfig>;

const DEFAULTS: ResolvedUNetConfig = {
  dims: 2,
  inChannels: 1,
  outChannels: 1,
  baseFilters: 32,
  levels: 4,
  norm: "instance",
  upsampling: "nearest",
  finalActivation: "linear",
};

const CHOICES = {
  dims: [2],
  norm: ["instance", "batch", "none"],
  upsampling: ["nearest", "bilinear", "transposed"],
  finalActivation: ["linear", "sigmoid", "tanh"],
} as const;

/** Fills in defaults and refuses what is not an option. */
export function resolveUNetConfig(config: UNetConfig): ResolvedUNetConfig {
  const known = Object.keys(DEFAULTS);
  for (const key of Object.keys(config))
    assert(known.includes(key), `unknown option "${key}"`, "UNet", `options are ${known.join(", ")}`);
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  const resolved = { ...DEFAULTS, ...given } as ResolvedUNetConfig;
  for (const key of ["inChannels", "outChannels", "baseFilters", "levels"] as const) {
    const value = resolved[key];
    assert(Number.isInteger(value) && value >= 1, `${key} must be a positive integer, got ${value}`, "UNet");
  }
  assert(resolved.levels <= 8, `levels must be at most 8, got ${resolved.levels}`, "UNet");
  for (const [key, values] of Object.entries(CHOICES)) {
    const value = resolved[key as keyof typeof CHOICES];
    const allowed: readonly unknown[] = values;
    assert(
      allowed.includes(value),
      `${key} must be one of ${values.join(", ")}, got ${JSON.stringify(value)}`,
      "UNet",
    );
  }
  return resolved;
}
