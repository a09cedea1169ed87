import { assert } from "../../base/errors/index.ts";
import type { StepJson } from "./step.ts";

/** The options of a step in a model file. @throws MidashError `invalid-argument` for one that the step does not have */
export function stepOptions(
  { type, ...options }: StepJson,
  known: readonly string[],
): Omit<StepJson, "type"> {
  for (const key of Object.keys(options))
    assert(known.includes(key), `there is no option "${key}"`, {
      where: type,
      hint: `its options are ${known.join(", ") || "none"}`,
    });
  return options;
}
