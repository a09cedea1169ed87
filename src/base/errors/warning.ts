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
 * - `modality`: what is taken for an MR is none, as its file or its values say.
 * - `body-part`: the file says that it shows another part of the body than the model knows.
 * - `sequence`: the file says another sequence (T1, T2, ...) than the model was trained on.
 * - `one-slice`: the image is a single slice.
 * - `frame-of-reference`: the MR names none, so the CT that is written beside it has one of its own.
 * - `patient-position`: the MR does not say how the patient lay, so the CT that is written beside it does not either.
 * - `phantom-model`: a model that is meant for phantoms was shown another image, because that was allowed.
 */
export type WarningCode =
  | "nan"
  | "outliers"
  | "not-hu"
  | "modality"
  | "body-part"
  | "sequence"
  | "one-slice"
  | "frame-of-reference"
  | "patient-position"
  | "phantom-model";

/** A warning in one line, as a MidashError's message. */
export function warningText(warning: Warning, words?: ErrorWords): string {
  return errorText(warning, words);
}
