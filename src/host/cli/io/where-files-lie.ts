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
