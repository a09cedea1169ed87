import { type Marks, marksOf } from "../marks.ts";
import type { NiftiHeader } from "./header.ts";

/** The marks in `descrip`; an `intent_name` of "unit=HU" counts, too. */
export function readMarks({ description, intentName }: NiftiHeader): Marks {
  const marks = marksOf(description);
  return marks.unit === "unknown" ? { ...marks, unit: marksOf(`midash; ${intentName}`).unit } : marks;
}
