/**
 * What is wrong with a case, or may be.
 *
 * - `unreadable`: a file is damaged, cut short, or of no known format.
 * - `incomplete`: it lacks a file, or its split leaves it out.
 * - `other-grid`: its images are on different grids.
 * - `not-finite`: NaN or infinite voxels.
 * - `empty`: an image shows nothing.
 * - `not-hu`: the CT is not in HU: it has another unit, or is no CT.
 * - `wrong-image`: the MR lies in the CT's place, too, or a CT in the MR's.
 * - `misaligned`: MR and CT do not lie on each other.
 * - `truncated`: one of MR and CT ends where the other shows the body.
 * - `duplicate`: an image is another case's, too.
 * - `two-parts`: its patient is in two parts of the split.
 * - `outlier`: it differs from the other cases.
 * - `unprepared`: a step of the preparation refused it.
 * - `cleaned`: voxels were replaced, as the warnings of reading say.
 */
export type FindingCode =
  | "unreadable"
  | "incomplete"
  | "other-grid"
  | "not-finite"
  | "empty"
  | "not-hu"
  | "wrong-image"
  | "misaligned"
  | "truncated"
  | "duplicate"
  | "two-parts"
  | "outlier"
  | "unprepared"
  | "cleaned";

/** Something that was found in a case. */
export interface Finding {
  readonly code: FindingCode;
  /** `bad`: the case is not to be used. `doubtful`: it is to be looked at. */
  readonly level: "bad" | "doubtful";
  /** In words, without the case's name: "MR and CT lie 24 mm apart". */
  readonly what: string;
}

/** Whether a case is not to be used. */
export function isBad(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === "bad");
}
