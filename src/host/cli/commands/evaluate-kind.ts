import { assert, fail } from "../../../base/errors/index.ts";

/** Options of `evaluate` that a cohort alone has. */
export const COHORT_OPTIONS = [
  ["--predictions <dir>", "cohort: the synthetic CTs"],
  [
    "--references <dir>",
    "cohort: the CTs, e.g. a folder of SynthRAD cases; or a table of files (.csv, .tsv, .json) with columns id and ct",
  ],
  [
    "--masks <dir>",
    "cohort: the masks, or NAME@DIR for a structure of RTSTRUCT or SEG files (default: as for one pair); may be the folder or the table of the CTs",
  ],
  ["--compare <dir>", "cohort: the synthetic CTs of a second model, compared pair by pair"],
  [
    "--groups <file>",
    "cohort: a CSV with columns id (or patient) and e.g. centre: the statistics of each group, too",
  ],
  ["--group-by <column>", "cohort: the column of --groups (default: the only one beside the id)"],
  [
    "--workers <n>",
    "cohort: cases at once, each in a thread and in memory (default: cores, or cases if fewer)",
  ],
  ["--resume", "cohort: keep the results in --out whose files and preset have not changed"],
  ["--skip-incomplete", "cohort: leave cases out that have no CT, and say which"],
] as const;

/** What is given for one pair alone, and for a cohort alone, with the names of the flags. */
const ONE_PAIR = {
  prediction: "--prediction",
  reference: "--reference",
  mask: "--mask",
  frame: "--frame",
  predictionLabels: "--prediction-labels",
  referenceLabels: "--reference-labels",
  boneDice: "--bone-dice",
  red: "--red",
  wepl: "--wepl",
  spread: "--spread",
  table: "--table",
} as const;
const COHORT = {
  masks: "--masks",
  column: "--column",
  part: "--part",
  split: "--split",
  skipIncomplete: "--skip-incomplete",
  compare: "--compare",
  groups: "--groups",
  groupBy: "--group-by",
  workers: "--workers",
  resume: "--resume",
} as const;

/** What decides which of the two it is. */
export interface KindOptions
  extends Partial<Readonly<Record<keyof typeof ONE_PAIR | keyof typeof COHORT, unknown>>> {
  readonly prediction?: string;
  readonly reference?: string;
  readonly predictions?: string;
  readonly references?: string;
}

/**
 * The files of one pair; undefined for a cohort, which `--predictions` or `--references` makes it.
 *
 * @throws MidashError `invalid-argument` for an option of the other kind, and when one of the two paths is missing
 */
export function pairOf(
  options: KindOptions,
): { readonly prediction: string; readonly reference: string } | undefined {
  const { prediction, reference, predictions, references } = options;
  const cohort = predictions !== undefined || references !== undefined;
  for (const [name, flag] of Object.entries(cohort ? ONE_PAIR : COHORT))
    assert(
      options[name as keyof KindOptions] === undefined,
      `is for ${cohort ? "one pair" : "a cohort"} only`,
      {
        where: flag,
        hint: cohort
          ? "leave it out; folders go with --predictions, --references, --masks, --mr"
          : "leave it out, or give --predictions and --references",
      },
    );
  const [a, b, flags] = cohort
    ? [predictions, references, ["--predictions", "--references"]]
    : [prediction, reference, ["--prediction", "--reference"]];
  if (a === undefined || b === undefined)
    return fail("invalid-argument", "is missing", {
      where: a === undefined ? flags[0] : flags[1],
      hint: `give ${flags.join(" and ")}`,
    });
  return cohort ? undefined : { prediction: a, reference: b };
}
