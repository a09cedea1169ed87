import { fail } from "../../../base/errors/index.ts";
import type { FoundCase } from "../layouts/index.ts";
import type { SctMaker } from "./maker.ts";

/**
 * Which files of a case are the model's inputs: by name; where the model takes one MR, the only one there. The model of heads takes the first of mr, t1, t2, flair, pd.
 *
 * @throws MidashError `not-found`, naming what the case holds
 */
export function caseInputs(
  { where, files, inputs: found }: FoundCase,
  { inputs, anyInput }: Pick<SctMaker, "inputs" | "anyInput">,
): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>();
  const [one, ...more] = found;
  const single = inputs.filter(({ optional }) => !optional).length === 1;
  for (const { name, optional } of inputs) {
    const known = files.has(name.toLowerCase()) ? name.toLowerCase() : undefined;
    const alone = !optional && single && (more.length === 0 || anyInput) ? one : undefined;
    const key = known ?? alone;
    if (key !== undefined) chosen.set(name, files.get(key)!);
    else if (!optional)
      fail("not-found", `holds ${found.join(", ")}, and the model takes ${name}`, {
        where,
        hint: `call the file ${name}, or leave the others out`,
      });
  }
  if (chosen.size === 0)
    fail("not-found", `holds ${found.join(", ")}, none of which the model takes`, {
      where,
      hint: `its inputs are ${inputs.map(({ name }) => name).join(", ")}`,
    });
  return chosen;
}
