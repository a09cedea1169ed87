import { assert } from "../../base/errors/index.ts";
import { IMAGE_ORIGINS } from "../../imaging/volume/index.ts";
import { INTENDED_FOR } from "../model-file/index.ts";
import { averaged, type Member } from "./combine.ts";
import type { Predictor } from "./predictor.ts";

/**
 * Averages predictors: models of several folds or seeds, or of different kinds, each with grids and normalizers of its own. Each is given
 * the inputs that it knows.
 *
 * @throws MidashError `invalid-argument` for none; on use also when they give different outputs
 */
export function ensemble(predictors: readonly Predictor[]): Predictor {
  const [first, ...others] = predictors;
  assert(first, "an ensemble needs at least one member", { where: { call: "ensemble" } });
  if (others.length === 0) return first;
  const inputs = new Map(first.inputs.map((input) => [input.name, input]));
  for (const input of others.flatMap((member) => member.inputs)) {
    const known = inputs.get(input.name);
    // What one of them can't do without, the ensemble can't.
    inputs.set(input.name, known?.optional ? input : (known ?? input));
  }
  return {
    inputs: [...inputs.values()],
    facts: {
      models: predictors.flatMap(({ facts }) => facts.models),
      trainedOn: IMAGE_ORIGINS.find((one) => predictors.some(({ facts }) => facts.trainedOn === one))!,
      intendedFor: INTENDED_FOR.find((one) => predictors.some(({ facts }) => facts.intendedFor === one))!,
      background: first.facts.background,
    },
    predict(given, how) {
      const members = predictors.map(
        (predictor): Member =>
          (each) => {
            const known = predictor.inputs.flatMap(({ name }) =>
              given[name] ? [[name, given[name]] as const] : [],
            );
            return predictor.predict(Object.fromEntries(known), each);
          },
      );
      return averaged(members, how);
    },
    dispose() {
      for (const predictor of predictors) predictor.dispose();
    },
  };
}
