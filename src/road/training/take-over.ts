import { fail } from "../../base/errors/index.ts";
import type { Triple } from "../../imaging/volume/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";
import type { Background, ModelBundle } from "../model-file/index.ts";
import type { Registry } from "../plugin/index.ts";
import {
  Normalizer,
  type NormalizerJson,
  type Sampler,
  type SpacingOptions,
  type Step,
} from "../preparation/index.ts";

/** What {@link takenOver} gives. */
interface TakenOver {
  readonly model: ModelSpec;
  readonly sampler: Sampler;
  /** Those between the spacing and the normalizers. */
  readonly steps: readonly Step[];
  readonly spacing: Triple;
  /** Which grids may be taken to the model's. */
  readonly grid: Omit<SpacingOptions, "spacing">;
  readonly inputs: readonly string[];
  readonly optionalInputs?: readonly string[];
  readonly background: Background;
  readonly normalizer: { readonly input: Readonly<Record<string, Normalizer>>; readonly target: Normalizer };
}

/** Steps that the Trainer makes of its options; others between them are handed on. */
const USUAL = ["orient", "spacing", "normalise"];

/**
 * What a trained model's file says of its network and of all that is done to images, as options of a Trainer that goes on from it. Inputs that are called
 * otherwise are normalised as the file's of the same channel.
 *
 * @param inputs in channel order. Default: the file's
 * @throws MidashError `not-found` when a plugin that it needs is absent; `unsupported` when its steps are not those that training makes
 */
export function takenOver(
  { model, preparation, background }: ModelBundle,
  registry: Registry,
  inputs: readonly string[] = preparation.inputs.map(({ name }) => name),
): TakenOver {
  const { steps, sampler } = registry.preparation(preparation);
  const [orient, spacing, ...rest] = steps;
  const normalise = rest.at(-1);
  const further = rest.slice(0, -1);
  const kinds = steps.map(({ type }) => type);
  if (
    [orient?.type, spacing?.type, normalise?.type].join() !== USUAL.join() ||
    further.some(({ type }) => USUAL.includes(type))
  )
    return fail("unsupported", `its steps are ${kinds.join(", ")}, not ${USUAL.join(", ")}`, {
      where: { call: "Trainer", option: "from" },
      hint: "train a model from the beginning, or go on from one that was trained here",
    });
  const { type: _, spacing: mm, ...grid } = spacing!.toJSON() as unknown as SpacingOptions & { type: string };
  const { inputs: by, targets } = normalise!.toJSON() as unknown as Readonly<
    Record<"inputs" | "targets", Readonly<Record<string, NormalizerJson>>>
  >;
  const own = preparation.inputs;
  const jsons = inputs.map((name, channel) => [name, by[name] ?? by[own[channel]?.name ?? ""]] as const);
  const optional = own.flatMap((input) =>
    input.optional && inputs.includes(input.name) ? [input.name] : [],
  );
  const ct = targets.ct;
  if (!ct) return fail("unsupported", "normalises no ct", { where: { call: "Trainer", option: "from" } });
  return {
    model: registry.spec(model),
    sampler,
    steps: further,
    spacing: mm,
    grid,
    inputs,
    ...(optional.length > 0 ? { optionalInputs: optional } : {}),
    background,
    normalizer: {
      input: Object.fromEntries(
        jsons.flatMap(([name, json]) => (json ? [[name, Normalizer.fromJSON(json)]] : [])),
      ),
      target: Normalizer.fromJSON(ct),
    },
  };
}
