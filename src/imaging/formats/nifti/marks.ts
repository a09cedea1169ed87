import { type Marks, marksOf } from "../marks.ts";
import type { NiftiHeader } from "./header.ts";

/** The marks in `descrip`; an `intent_name` of "unit=HU" counts, too. */
export function readMarks({ description, intentName }: NiftiHeader): Marks {
  const { unit, simulated } = marksOf(description);
  return { unit: unit === "unknown" ? marksOf(`midash; ${intentName}`).unit : unit, simulated };
}
