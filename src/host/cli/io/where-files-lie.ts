import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import type { SplitNames } from "../../../road/data/index.ts";
import { TRAIN_OPTIONS } from "../../../road/training/index.ts";

/** Where the files of cases lie, as `train` takes it. Each may be repeated. */
export const PATTERN_OPTION = [
  "--pattern <name=path>",
  `of a cohort: ${TRAIN_OPTIONS.pattern.about}; ${TRAIN_OPTIONS.pattern.accepts}`,
] as const;
export const COLUMN_OPTION = [
  "--column <name=column>",
  `of a cohort: ${TRAIN_OPTIONS.column.about}; ${TRAIN_OPTIONS.column.accepts}`,
] as const;

/** What flags of this kind say, by name. @throws MidashError `invalid-argument` */
export function whereFilesLie(
  option: "pattern" | "column",
  given: readonly string[] | undefined,
): Readonly<Record<string, string>> | undefined {
  return given && TRAIN_OPTIONS[option].read(given.join(","), `--${option}`);
}

const PARTS = ["train", "validation", "test"] as const satisfies (keyof SplitNames)[];

/** Which cases of a cohort are meant. */
export const PART_OPTIONS = [
  ["--part <name>", `of a cohort: the cases of one part alone: ${PARTS.join(", ")} (default: all)`],
  [
    "--split <file|run>",
    "of a cohort: where --part is looked up: the folder of the run whose parts are meant, or a file as train takes it (default: a table's column split)",
  ],
] as const;

/** What the flags of {@link PART_OPTIONS} say. */
export interface PartFlags {
  readonly part?: string;
  readonly split?: string;
}

/** The part that is asked for, and where it stands. @throws MidashError `invalid-argument` */
export function partAsked({ part, split }: PartFlags) {
  assert(split === undefined || part !== undefined, "says nothing without --part", {
    where: "--split",
    hint: "give --part, e.g. test",
  });
  return { part: part === undefined ? undefined : valueKinds.choice(PARTS).read(part, "--part"), split };
}
