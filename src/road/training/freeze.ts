import { fail } from "../../base/errors/index.ts";
import { fitsPattern } from "../../base/options/index.ts";
import type { NamedArrays } from "../../networks/learning/index.ts";

const where = { call: "Trainer", option: "freeze" };
/** So many groups of names are listed. */
const SHOWN = 12;

/** What `freeze` names, before there are weights. */
export function frozenBy(patterns: readonly string[] = []): (name: string) => boolean {
  return (name) => patterns.some((pattern) => fitsPattern(pattern, name));
}

/**
 * Checks what `freeze` names, and gives a check that these weights are still what they were.
 *
 * @param weights as the run begins
 * @returns throws `unsupported` when the model changed one of them all the same
 * @throws MidashError `invalid-argument` for a pattern that fits no weight, or when all are frozen
 */
export function watchFrozen(
  patterns: readonly string[] = [],
  weights: NamedArrays,
  model: string,
): (now: NamedArrays) => void {
  const names = Object.keys(weights);
  const has = frozenBy(patterns);
  const groups = new Set(names.map((name) => name.replace(/\..*/s, ".*")));
  const idle = patterns.find((pattern) => !names.some((name) => fitsPattern(pattern, name)));
  if (idle !== undefined)
    fail("invalid-argument", `"${idle}" is the name of no weight of this ${model}`, {
      where,
      hint: `its weights are ${[...groups].sort().slice(0, SHOWN).join(", ")}, e.g. ${names[0]}`,
    });
  if (patterns.length > 0 && names.every(has))
    fail("invalid-argument", "freezes all weights, so nothing is left to learn", {
      where,
      hint: "name fewer",
    });
  const kept = names.filter(has).map((name) => [name, weights[name]!.data.slice()] as const);
  return (now) => {
    const moved = kept.find(([name, data]) => now[name]!.data.some((value, i) => !Object.is(value, data[i])));
    if (moved)
      fail("unsupported", `changed the weight "${moved[0]}", which is frozen`, {
        where: model,
        hint: "its create must hand `frozen` on to its Parameters, or leave such weights out of step.optimize",
      });
  };
}
