import { assert } from "../../base/errors/index.ts";
import { averaged, type Member } from "./combine.ts";
import type { Predictor } from "./predictor.ts";

/**
 * Asks a model that draws (diffusion) `count` times with seeds of their own, and averages.
 *
 * @throws MidashError `invalid-argument` for a count below 1
 */
export function draws(predictor: Predictor, count: number): Predictor {
  assert(Number.isInteger(count) && count > 0, `must be a positive whole number, got ${count}`, {
    where: { call: "draws" },
  });
  if (count === 1) return predictor;
  return {
    inputs: predictor.inputs,
    facts: predictor.facts,
    predict(inputs, how) {
      const members = Array.from(
        { length: count },
        (_, n): Member =>
          (each) =>
            predictor.predict(inputs, { ...each, seed: n === 0 ? how.seed : `${how.seed}/draw/${n}` }),
      );
      return averaged(members, how);
    },
    dispose: () => predictor.dispose(),
  };
}
