import type { Warning, WarningCode } from "../../base/errors/index.ts";
import { looksLikeCt } from "../../imaging/hounsfield/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { IntendedFor } from "../model-file/index.ts";

/** DICOM's words for parts of the body that show a head: HEAD, BRAIN, SKULL, HEADNECK, ORBIT, ... */
const HEAD = /head|brain|skull|crani|cereb|face|orbit|sella|pituitary|kopf|hirn|sch.?.?del/i;

/** Inputs that are called by their sequence, and how descriptions and file names say it. */
const SEQUENCES: ReadonlyMap<string, RegExp> = new Map([
  ["t1", /(^|[^a-z0-9])t1(w|[^a-z0-9]|$)|mp2?rage/i],
  ["t2", /(^|[^a-z0-9])t2(w|[^a-z0-9]|$)/i],
  ["flair", /flair/i],
  ["pd", /(^|[^a-z0-9])pd(w|[^a-z0-9]|$)/i],
]);

/**
 * Looks whether an image may be what a model was trained on, as far as its file tells: modality, part of the body, sequence, and whether its values are those of a CT.
 *
 * @param input its name among the model's inputs
 */
export function lookAtInput(
  volume: Volume,
  input: string,
  { intendedFor }: { readonly intendedFor: IntendedFor },
): readonly Warning[] {
  const { modality, bodyPart } = volume.meta;
  const warnings: Warning[] = [];
  const doubt = (code: WarningCode, what: string) =>
    warnings.push({ code, where: "inputs", what: `the input "${input}" ${what}` });
  if (typeof modality === "string" && modality !== "MR")
    doubt("modality", `is ${modality} as its DICOM says, not MR`);
  else if (volume.unit === "HU" || looksLikeCt(volume))
    doubt("modality", "has the values of a CT in HU, not those of an MR");
  if (intendedFor === "heads" && typeof bodyPart === "string" && bodyPart !== "" && !HEAD.test(bodyPart))
    doubt("body-part", `shows ${bodyPart} as its DICOM says, and the model knows nothing but heads`);
  if (Math.min(...volume.shape) === 1)
    doubt("one-slice", "is one slice alone: nothing above or below it helps the model, or you");
  const others = sequencesOf(volume);
  if (SEQUENCES.has(input.toLowerCase()) && others.length > 0 && !others.includes(input.toLowerCase()))
    doubt("sequence", `is ${others.join(", ")} as its file says, and the model was trained on ${input}`);
  return warnings;
}

/** What the description of a DICOM series, else the file's name, says of the sequence. */
function sequencesOf({ meta }: Volume): readonly string[] {
  const said = meta.seriesDescription ?? String(meta.name ?? "").replace(/^.*[\\/]/, "");
  return [...SEQUENCES].filter(([, words]) => words.test(String(said))).map(([name]) => name);
}
