import { fail } from "../../../base/errors/index.ts";
import type { Elements } from "./elements.ts";
import type { HeadKeyword } from "./head-scan.ts";

/** DICOM objects that are no slices, by their storage class. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^1\.2\.840\.10008\.1\.3\.10$/, "a DICOMDIR"],
  [/\.4\.1\.1\.481\.3$/, "an RT Structure Set"],
  [/\.4\.1\.1\.481\.2$/, "an RT Dose"],
  [/\.4\.1\.1\.481\.\d+$/, "an RT object"],
  [/\.4\.1\.1\.66\.4$/, "a Segmentation"],
  [/\.4\.1\.1\.66(\.\d+)?$/, "raw data, a registration or a surface"],
  [/\.4\.1\.1\.88\.\d+$/, "a report"],
  [/\.4\.1\.1\.11\.\d+$/, "a presentation state"],
  [/\.4\.1\.1\.104\.\d+$/, "an encapsulated document"],
  [/\.4\.1\.1\.4\.2$/, "a spectrum"],
  [/\.4\.1\.1\.(9|10)(\.|$)/, "a waveform or a lookup table"],
];

/** Secondary Capture and its multi-frame kinds: of a screen, unless they have a place in space. */
const CAPTURE = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(\.|$)/;

/** Modalities of storage classes whose every object is an image: one without pixels has lost them. */
const IMAGES = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(1|2|3|4|6|7|12|20|128|130|77)(\.|$)/;
/** The raw and planar kinds below the numbers above that hold no pixels. */
const NO_IMAGES = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(7\.[^.]+\.0|77\.1\.5\.3)$/;

/** What a DICOM object is: "slices" of a volume, a "capture" of a screen, or something else, in words. */
export type ObjectKind = "slices" | "capture" | { readonly other: string };

/** Of a file by what its header says before its pixels. */
export function kindOf(elements: Elements<HeadKeyword>): ObjectKind {
  const storage = elements.text("MediaStorageSOPClassUID") ?? elements.text("SOPClassUID") ?? "";
  const other = OTHERS.find(([uid]) => uid.test(storage));
  if (other) return { other: other[1] };
  const pixels = elements.us("Rows") !== undefined;
  if (!pixels && (!IMAGES.test(storage) || NO_IMAGES.test(storage)))
    return { other: "an object without an image" };
  const placed = elements.text("ImagePositionPatient") ?? elements.element("NumberOfFrames");
  return CAPTURE.test(storage) && !placed ? "capture" : "slices";
}

/**
 * @throws MidashError `invalid-file` for an image whose pixels are lost
 */
export function assertPixels(elements: Elements): void {
  const has = (["PixelData", "FloatPixelData", "DoubleFloatPixelData"] as const).some((keyword) =>
    elements.element(keyword),
  );
  if (!has)
    fail("invalid-file", "truncated: an image without pixels", {
      where: elements.where,
      hint: "get the file again",
    });
}
