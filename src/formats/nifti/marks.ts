import type { Unit, Volume } from "../../volume/index.ts";
import type { NiftiHeader } from "./header.ts";

/** What NIfTI has no field for. */
export interface Marks {
  readonly unit: Unit;
  readonly simulated: boolean;
}

/** The `descrip` text that carries a volume's marks: "midash; unit=HU; simulated". At most 80 ASCII bytes. */
export function marksText(volume: Volume): string {
  const marks = ["midash"];
  if (volume.unit !== "unknown") marks.push(`unit=${volume.unit}`);
  if (volume.simulated) marks.push("simulated");
  return marks.join("; ");
}

/**
 * Reads the marks back. Only a `descrip` that begins with "midash", or an `intent_name` of "unit=HU", counts: NIfTI
 * does not say what its numbers mean, and a guess from their range would be wrong in silence.
 */
export function readMarks(header: NiftiHeader): Marks {
  const tokens = header.description.split(";").map((token) => token.trim());
  const ours = tokens[0] === "midash" ? tokens : [];
  const states = (unit: string) => ours.includes(`unit=${unit}`) || header.intentName === `unit=${unit}`;
  return {
    unit: states("HU") ? "HU" : states("arbitrary") ? "arbitrary" : "unknown",
    simulated: ours.includes("simulated"),
  };
}
