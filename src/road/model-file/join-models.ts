import { assert, fail } from "../../base/errors/index.ts";
import { IMAGE_ORIGINS } from "../../imaging/volume/index.ts";
import type { Json, NamedArrays } from "../../networks/learning/index.ts";
import { EnsembleModel } from "../../networks/models/index.ts";
import { INTENDED_FOR, type ModelBundle } from "./bundle.ts";

/** Options of {@link joinModels}. */
export interface JoinOptions {
  /** Cases that any of them learnt from. Default: those of the first. */
  readonly cases?: number;
  /** What is known of the whole. Default: nothing. */
  readonly metrics?: Json;
}

/**
 * Models of one network that prepare images alike, such as those of several folds or seeds, as one model file's content. It gives the mean of
 * their outputs, and the spread of their CT; whoever loads it need not know. It is as large as all of them, and as slow.
 *
 * @throws MidashError `invalid-argument` for fewer than two, and for models that differ in network, preparation or background
 */
export function joinModels(
  bundles: readonly ModelBundle[],
  { cases, metrics = {} }: JoinOptions = {},
): ModelBundle {
  const where = { call: "joinModels" };
  const [first, ...others] = bundles;
  assert(first && others.length > 0, "needs two models or more", { where });
  assert(first.model.name !== EnsembleModel.definition.name, "a model of several is no member of another", {
    where,
    hint: "join the models that it was made of",
  });
  for (const key of ["model", "preparation", "background"] as const)
    if (others.some((other) => JSON.stringify(other[key]) !== JSON.stringify(first[key])))
      fail("invalid-argument", `the models differ in their ${key}`, {
        where,
        hint: "join models that were trained with the same options; others are averaged by giving all of them to Synthesizer",
      });
  const { provenance, licence } = first;
  const total = (of: "epochs" | "steps") => bundles.reduce((sum, each) => sum + each.provenance[of], 0);
  return {
    ...first,
    model: { name: EnsembleModel.definition.name, config: { members: bundles.length, of: first.model } },
    weights: Object.assign({}, ...bundles.map(({ weights }, n) => numbered(weights, n))),
    provenance: {
      ...provenance,
      created: new Date().toISOString(),
      trainedOn: IMAGE_ORIGINS.find((one) => bundles.some((each) => each.provenance.trainedOn === one))!,
      cases: cases ?? provenance.cases,
      epochs: total("epochs"),
      steps: total("steps"),
      settings: {
        ...(provenance.settings as { readonly [name: string]: Json }),
        members: bundles.map((each) => ({
          created: each.provenance.created,
          cases: each.provenance.cases,
          seed: each.provenance.seed,
          epochs: each.provenance.epochs,
          steps: each.provenance.steps,
          metrics: each.metrics,
        })),
      },
    },
    intendedFor: INTENDED_FOR.find((one) => bundles.some((each) => each.intendedFor === one))!,
    metrics,
    licence: bundles.every((each) => each.licence === licence)
      ? licence
      : bundles.map((each) => each.licence).join(" AND "),
  };
}

/** Weights under the names that {@link EnsembleModel} gives those of its member `n`. */
function numbered(weights: NamedArrays, n: number): NamedArrays {
  return Object.fromEntries(Object.entries(weights).map(([name, array]) => [`${n}/${name}`, array]));
}
