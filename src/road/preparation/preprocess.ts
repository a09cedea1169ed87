import { assert, fail, MidashError, type Where } from "../../base/errors/index.ts";
import {
  assertSameGrid,
  type Grid,
  obliquityOf,
  type Triple,
  type Volume,
} from "../../imaging/volume/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";
import {
  MAX_OBLIQUITY,
  type ModelGrid,
  SPACING_LIMITS,
  type SpacingLimits,
  toModelGrid,
} from "./model-grid.ts";
import { Normalizer, type NormalizerJson } from "./normalizer.ts";
import type { SlicerJson } from "./samples/slice-options.ts";
import { Slicer } from "./samples/slicer.ts";

/**
 * What happens to volumes before the model, as data that travels in the model file. In this order: orient, spacing,
 * normalise, slice.
 */
export type Step =
  | {
      readonly type: "orient";
      readonly to: "RAS";
      /** Degrees; grids that are more oblique are resampled onto a straight one. Default {@link MAX_OBLIQUITY}. */
      readonly maxObliquity?: number;
    }
  | {
      readonly type: "spacing";
      /** Voxel size of the model's grid in mm. */
      readonly spacing: Triple;
      /** Inputs beyond them are refused. Default {@link SPACING_LIMITS}. */
      readonly limits?: SpacingLimits;
    }
  | {
      readonly type: "normalise";
      /** One per input channel, in channel order. */
      readonly inputs: readonly { readonly name: string; readonly normalizer: NormalizerJson }[];
      readonly target: NormalizerJson;
    }
  | { readonly type: "slice"; readonly slicer: SlicerJson };

/** The steps, read and checked: what runs. */
export interface Plan extends ModelGrid {
  readonly inputs: readonly { readonly name: string; readonly normalizer: Normalizer }[];
  /** Fitted: what the model gives must lead back to HU without a CT at hand. */
  readonly target: Normalizer;
  readonly slicer: Slicer;
}

/** @throws MidashError `invalid-file` when a step is missing or unknown */
export function planOf(steps: readonly Step[]): Plan {
  const bad = (what: string) => new MidashError("invalid-file", what, { where: { call: "preprocess" } });
  const find = <T extends Step["type"]>(type: T) => {
    const step = steps.find((s): s is Extract<Step, { type: T }> => s.type === type);
    if (!step) throw bad(`the step "${type}" is missing`);
    return step;
  };
  if (!Array.isArray(steps) || !steps.every((s) => typeof s?.type === "string")) throw bad("holds no steps");
  const known = ["orient", "spacing", "normalise", "slice"];
  const unknown = steps.find((s) => !known.includes(s.type));
  if (unknown) throw bad(`unknown step "${unknown.type}"; a newer version of this library may know it`);
  const { to, maxObliquity = MAX_OBLIQUITY } = find("orient");
  if (to !== "RAS") throw bad("models run on RAS grids only");
  if (!(maxObliquity >= 0)) throw bad(`maxObliquity must be degrees, 0 or more, got ${maxObliquity}`);
  const { inputs, target } = find("normalise");
  if (!Array.isArray(inputs) || !inputs.every((i) => typeof i?.name === "string"))
    throw bad("the normalise step names no inputs");
  const { spacing, limits = SPACING_LIMITS } = find("spacing");
  if (!Array.isArray(spacing) || spacing.length !== 3 || !spacing.every((s) => s > 0))
    throw bad(`spacing must be three positive numbers, got ${JSON.stringify(spacing)}`);
  if (!(limits.min > 0 && limits.min <= 1 && limits.max >= 1))
    throw bad(`the limits of spacing must enclose 1, got ${JSON.stringify(limits)}`);
  const fitted = Normalizer.fromJSON(target);
  if (!fitted.isFitted)
    throw bad("the target's normalizer is not fitted, so its output can't be turned into HU");
  return {
    spacing,
    limits,
    maxObliquity,
    inputs: inputs.map(({ name, normalizer }) => ({ name, normalizer: Normalizer.fromJSON(normalizer) })),
    target: fitted,
    slicer: Slicer.fromJSON(find("slice").slicer),
  };
}

/** The inverse of {@link planOf}. */
export function stepsOf(plan: Plan): Step[] {
  const { spacing, limits = SPACING_LIMITS, maxObliquity = MAX_OBLIQUITY } = plan;
  return [
    { type: "orient", to: "RAS", maxObliquity },
    { type: "spacing", spacing, limits },
    {
      type: "normalise",
      inputs: plan.inputs.map(({ name, normalizer }) => ({ name, normalizer: normalizer.toJSON() })),
      target: plan.target.toJSON(),
    },
    { type: "slice", slicer: plan.slicer.toJSON() },
  ];
}

/** That a {@link Slicer} cuts such samples as the model takes. @throws MidashError `unsupported` */
export function assertSlices({ name, input }: Pick<ModelSpec, "name" | "input">, where: Where): void {
  if (input.dims === 2) return;
  fail("unsupported", `${name} takes 3-D samples, and slicers cut 2-D ones`, {
    where,
    hint: "choose dims 2 (context gives it neighbouring slices), or call trainStep and predict yourself on [N, D, H, W, C]",
  });
}

/** That a model takes as many channels as the inputs give. @throws MidashError `invalid-argument` */
export function assertChannels(
  channels: number,
  names: readonly string[],
  slicer: Slicer,
  where: Where,
): void {
  const given = slicer.channels(names.length);
  const slices = slicer.context === 0 ? "" : `, each as ${slicer.channels(1)} slices`;
  assert(
    given === channels,
    `the model takes ${channels} input channel(s), the data gives ${given} (${names.join(", ")}${slices})`,
    {
      where,
      hint: "set the model's inChannels to inputs × (2 · context + 1), or choose other inputs or another context",
    },
  );
}

/** Inputs on the model's grid, normalised, one per channel; what they were padded with is `fill`. */
export interface Prepared {
  readonly channels: readonly Volume[];
  readonly fill: readonly number[];
  readonly grid: Grid;
}

/**
 * Takes the named inputs of one case to the model's grid and range.
 *
 * @param where whose inputs they are, for errors
 * @throws MidashError `invalid-argument` for a missing, constant or non-finite input; `grid-mismatch`
 */
export async function prepareInputs(
  inputs: Readonly<Record<string, Volume>>,
  plan: Plan,
  options: { readonly where?: string; readonly signal?: AbortSignal } = {},
): Promise<Prepared> {
  const { where = "inputs", signal } = options;
  const volumes = plan.inputs.map(({ name, normalizer }) => {
    const volume = inputs[name];
    assert(
      volume,
      `the model needs the input "${name}"; given: ${Object.keys(inputs).join(", ") || "none"}`,
      { where, hint: `the model's inputs are ${plan.inputs.map((i) => i.name).join(", ")}` },
    );
    assertImage(volume, name, where, normalizer.isFitted);
    return volume;
  });
  const first = volumes[0]!;
  for (const [c, volume] of volumes.entries())
    assertSameGrid(first, volume, [plan.inputs[0]!.name, plan.inputs[c]!.name], where);
  const fill: number[] = [];
  const covered = coveredBy(first, plan, signal);
  const channels: Volume[] = [];
  for (const [c, volume] of volumes.entries()) {
    // Beyond the field of view anatomy goes on: a straight grid around an oblique one repeats its border.
    const onGrid = toModelGrid(volume, plan, { fill: "border", signal, where });
    const { normalizer } = plan.inputs[c]!;
    const corrected = await normalizer.correct(onGrid, { signal });
    const plain = normalizer.withoutBiasField();
    const fitted = plain.isFitted ? plain : plain.fit(corrected, { mask: covered });
    fill.push(fitted.applyValues(Float32Array.of(0))[0]!); // 0 is MR's background
    channels.push(applyTo(fitted, corrected, corrected.data !== volume.data));
  }
  return { channels, fill, grid: channels[0]! };
}

/** `Normalizer.apply`, in place where the values are ours: a volume less in memory, and less time to get at it. */
function applyTo(normalizer: Normalizer, volume: Volume, ours: boolean): Volume {
  const values = volume.values();
  if (!ours || values !== volume.data) return normalizer.apply(volume);
  return volume.with({ data: normalizer.applyValues(values, values), unit: "arbitrary" });
}

/** Where a straight grid around an oblique volume holds voxels of it; the corners beyond must not count as the image's background. */
function coveredBy(source: Volume, plan: Plan, signal: AbortSignal | undefined): Volume | undefined {
  if (obliquityOf(source.affine) <= (plan.maxObliquity ?? MAX_OBLIQUITY)) return undefined;
  const ones = source.with({ data: new Uint8Array(source.size).fill(1), unit: "unknown" });
  return toModelGrid(ones, plan, { interpolation: "nearest", signal });
}

/** A model makes confident nonsense of NaN and of empty images, so they are refused. */
function assertImage(volume: Volume, name: string, where: Where, mayBeConstant: boolean): void {
  const { data } = volume;
  let bad = 0;
  let varies = mayBeConstant;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i]!)) bad++;
    else if (data[i] !== data[0]) varies = true;
  }
  assert(bad === 0, `the input "${name}" holds ${bad} NaN or infinite voxels`, {
    where,
    hint: "replace them by numbers first, e.g. by 0 in the background",
  });
  assert(varies, `the input "${name}" is ${data[0]} in every voxel`, {
    where,
    hint: "check that it is the right file",
  });
}
