import { type Classification, Classifier, type ClassSummary } from "../../../imaging/classifier/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import type { Output } from "../io/output.ts";

/** The density classes of one volume as a table for people. */
export function sayDensity(
  output: Output,
  table: readonly ClassSummary[],
  reference?: readonly ClassSummary[],
): void {
  const head = ["class", "HU", "mL", "mean HU", "SD", "share"];
  const cells = (row: ClassSummary) => [
    row.mL.toFixed(1),
    row.meanHU === null ? "-" : row.meanHU.toFixed(0),
    row.sdHU === null ? "-" : row.sdHU.toFixed(0),
    `${(100 * row.fraction).toFixed(1)} %`,
  ];
  output.table(
    reference ? [...head, "CT: mL", "CT: mean HU", "CT: SD", "CT: share"] : head,
    table.map((row, n) => [row.name, range(row), ...cells(row), ...(reference ? cells(reference[n]!) : [])]),
  );
}

/** Classes of a synthetic CT and of the CT it stands for, in one mask. */
export async function compareDensity(
  volumes: { readonly sct: Volume; readonly ct: Volume; readonly mask: Volume },
  signal: AbortSignal,
): Promise<{ readonly sct: Classification; readonly ct: Classification }> {
  const classifier = Classifier.density();
  const { sct, ct, mask } = volumes;
  return {
    sct: await classifier.classify(sct, { mask, signal }),
    ct: await classifier.classify(ct, { mask, signal }),
  };
}

function range({ min, max }: ClassSummary): string {
  if (min === Number.NEGATIVE_INFINITY) return `below ${max}`;
  if (max === Number.POSITIVE_INFINITY) return `${min} and up`;
  return `${min} to ${max}`;
}
