import { type ErrorWords, errorText, type MidashErrorJson } from "./midash-error.ts";

/** Something doubtful that stops nothing, as data: `code` to branch on, the rest as in a MidashError. */
export interface Warning extends Omit<MidashErrorJson, "kind"> {
  readonly code: WarningCode;
}

/**
 * What a {@link Warning} is about.
 *
 * - `nan`: NaN voxels were taken for background, or air.
 * - `outliers`: voxels far beyond all others were taken for what is around them.
 * - `not-hu`: what is taken for a CT in HU does not look like one.
 */
export type WarningCode = "nan" | "outliers" | "not-hu";

/** A warning in one line, as a MidashError's message. */
export function warningText(warning: Warning, words?: ErrorWords): string {
  return errorText(warning, words);
}
