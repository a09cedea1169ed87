import { IMAGE_ORIGINS, type ImageOrigin, type Unit, type Volume } from "../volume/index.ts";

/** What formats have no field for. */
export interface Marks {
  readonly unit: Unit;
  readonly simulated: boolean;
  readonly trainedOn: ImageOrigin | undefined;
}

/** A line of text that carries a volume's marks: "midash; unit=HU; simulated; trained on phantoms". At most 80 ASCII bytes. */
export function marksText(volume: Volume): string {
  const marks = ["midash"];
  if (volume.unit !== "unknown") marks.push(`unit=${volume.unit}`);
  if (volume.simulated) marks.push("simulated");
  if (volume.trainedOn !== undefined) marks.push(trainedOnText(volume.trainedOn));
  return marks.join("; ");
}

/**
 * Reads the marks back. Only a text that begins with "midash" counts: formats don't say what their numbers mean, and a guess
 * from their range would be wrong in silence.
 */
export function marksOf(text = ""): Marks {
  const tokens = text.split(";").map((token) => token.trim());
  const ours = tokens[0] === "midash" ? tokens : [];
  return {
    unit: ours.includes("unit=HU") ? "HU" : ours.includes("unit=arbitrary") ? "arbitrary" : "unknown",
    simulated: ours.includes("simulated"),
    trainedOn: IMAGE_ORIGINS.find((origin) => ours.includes(trainedOnText(origin))),
  };
}

/** Of an image that a model made. */
function trainedOnText(origin: ImageOrigin): string {
  return `trained on ${origin}`;
}
