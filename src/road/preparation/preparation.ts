import { fail, MidashError } from "../../base/errors/index.ts";
import type { Triple } from "../../imaging/volume/index.ts";
import type { Json } from "../../networks/learning/index.ts";
import type { Normalizer } from "./normalizer.ts";
import type { Sampler, SamplerType } from "./samples/sampler.ts";
import { parseSampler, samplerTypes } from "./samples/sampler-types.ts";
import type { Step, StepJson, StepType } from "./step.ts";
import { biasFieldType } from "./steps/bias-field.ts";
import { normalise, normaliseType } from "./steps/normalise.ts";
import { orient, orientType } from "./steps/orient.ts";
import { type SpacingLimits, spacing, spacingType } from "./steps/spacing.ts";
import type { InputSpec } from "./subject.ts";

/** A {@link Preparation} as plain data, in a model file. */
export interface PreparationJson {
  readonly inputs: readonly InputSpec[];
  readonly steps: readonly StepJson[];
  readonly sampler: Json;
}

/** What stands between files and a model's batches. */
export interface Preparation {
  /** In the order of channels. */
  readonly inputs: readonly InputSpec[];
  readonly steps: readonly Step[];
  /** How samples are cut, once the steps are done. */
  readonly sampler: Sampler;
  /** Plain data for model files; `JSON.stringify` calls it. */
  toJSON(): PreparationJson;
}

/** The steps that ship with the package, by their types. */
export const stepTypes: Readonly<Record<string, StepType>> = Object.fromEntries(
  [orientType, spacingType, biasFieldType, normaliseType].map((type) => [type.type, type]),
);

/** Makes a {@link Preparation} of its three parts. */
export function definePreparation({ inputs, steps, sampler }: Omit<Preparation, "toJSON">): Preparation {
  return {
    inputs,
    steps,
    sampler,
    toJSON: () => ({
      inputs: inputs.map(({ name, optional }) => ({ name, ...(optional ? { optional } : {}) })),
      steps: steps.map((step) => step.toJSON()),
      sampler: sampler.toJSON(),
    }),
  };
}

/** The usual steps: RAS, the model's voxel size, `further` ones on its grid, and normalising. */
export function usualSteps(options: {
  /** Voxel size in mm along R, A, S. */
  readonly spacing: Triple;
  readonly limits?: SpacingLimits;
  readonly maxObliquity?: number;
  /** Default: none. */
  readonly further?: readonly Step[];
  readonly inputs: Readonly<Record<string, Normalizer>>;
  /** Of the target `ct`. */
  readonly target: Normalizer;
}): Step[] {
  const { further = [], inputs, target, ...grid } = options;
  return [orient(), spacing(grid), ...further, normalise({ inputs, targets: { ct: target } })];
}

/**
 * Reads what {@link Preparation.toJSON} wrote.
 *
 * @param tables the kinds of steps and samplers that are known. Default: those that ship with the package
 * @throws MidashError `invalid-file` for an unknown step, or one that its type refuses
 */
export function parsePreparation(
  json: unknown,
  tables: {
    readonly steps?: Readonly<Record<string, StepType>>;
    readonly samplers?: readonly SamplerType[];
  } = {},
): Preparation {
  const { inputs, steps, sampler } = preparationJson(json);
  return definePreparation({
    inputs,
    steps: steps.map((step) => parseStep(step, tables.steps ?? stepTypes)),
    sampler: parseSampler(sampler, tables.samplers),
  });
}

/** Checks what can be checked without plugins: steps and samplers of theirs are left to whoever knows them. @throws MidashError `invalid-file` */
export function assertPreparation(json: unknown): asserts json is PreparationJson {
  const { inputs, steps, sampler } = preparationJson(json);
  const { type } = (sampler ?? {}) as { readonly type?: Json };
  if (typeof type !== "string") fail("invalid-file", "it holds no sampler", { where: WHERE });
  const shipped = samplerTypes.some((known) => known.type === type);
  parsePreparation({
    inputs,
    steps: steps.filter((step) => Object.hasOwn(stepTypes, step.type)),
    sampler: shipped ? sampler : { type: "slices", axis: "axial", size: null, fit: "crop-pad" },
  });
}

const WHERE = "preparation";

function preparationJson(json: unknown): PreparationJson {
  const bad = (what: string) => fail("invalid-file", what, { where: WHERE });
  if (typeof json !== "object" || json === null) return bad("there is none");
  const { inputs, steps, sampler } = json as Partial<PreparationJson>;
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every((i) => typeof i?.name === "string"))
    bad("it names no inputs");
  const names = inputs!.map(({ name }) => name);
  if (new Set(names).size < names.length) bad(`it names an input twice: ${names.join(", ")}`);
  if (!Array.isArray(steps) || !steps.every((step) => typeof step?.type === "string"))
    bad("it holds no steps");
  return { inputs: inputs!, steps: steps!, sampler: sampler! };
}

function parseStep(json: StepJson, known: Readonly<Record<string, StepType>>): Step {
  const { type } = json;
  if (!Object.hasOwn(known, type))
    fail("invalid-file", `unknown step "${type}"`, {
      where: WHERE,
      hint: "a newer version of this library or a plugin may know it",
    });
  try {
    return known[type]!.parse(json);
  } catch (cause) {
    if (!MidashError.is(cause)) throw cause;
    throw new MidashError("invalid-file", cause.message, { where: WHERE, cause });
  }
}
