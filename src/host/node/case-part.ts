import { assert } from "../../base/errors/index.ts";
import type { SplitNames } from "../../road/data/index.ts";
import type { FoundCase } from "./layouts/index.ts";
import { readSplit } from "./split-file.ts";

/** Which of the cases are meant. */
export interface PartOptions {
  /** The cases of one part of the split alone. Default: all. */
  readonly part?: keyof SplitNames;
  /**
   * Where the parts stand: names of cases or patients, or a file or a run's folder that `openDataset` takes. Default: the column `split` of a
   * table.
   */
  readonly split?: SplitNames | string;
}

/**
 * Those of the cases that are in the part that is asked for.
 *
 * @param about `where`: what holds the cases, for messages
 * @throws MidashError `invalid-argument` where nothing says who is in which part, or nobody is in this one; what reading the split throws
 */
export async function casesInPart<C extends Pick<FoundCase, "id" | "patient" | "part">>(
  cases: readonly C[],
  { part, split }: PartOptions,
  about: { readonly call: string; readonly where: string },
): Promise<readonly C[]> {
  if (part === undefined) return cases;
  const names = typeof split === "string" ? await readSplit(split) : split;
  assert(names || cases.some((one) => one.part !== undefined), "there is no split to be a part of", {
    where: { call: about.call, option: "part" },
    hint: [
      ["give ", { option: "split" }, " RUN (a run's folder, or a file that says so)"],
      "add a column split to the table",
    ],
  });
  const within = (named: readonly string[] | undefined, { id, patient = id }: C) =>
    named?.includes(id) || named?.includes(patient);
  const chosen = cases.filter((one) => {
    if (!names) return one.part === part;
    if (part !== "train" || names.train) return within(names[part], one);
    return !within(names.validation, one) && !within(names.test, one);
  });
  assert(chosen.length > 0, `none of ${cases.length} cases is in the part ${part}`, {
    where: typeof split === "string" ? split : about.where,
    hint: "choose another part, or correct the split",
  });
  return chosen;
}
