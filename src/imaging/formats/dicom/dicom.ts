import type { VolumeFormat } from "../format.ts";
import { isDicom } from "./sniff.ts";

/**
 * DICOM images: `read` takes one file (a slice, or an enhanced multi-frame image), `readFiles`
 * a series in any order.
 *
 * - Slices are sorted by their position along the normal, x is along rows, y along columns, z along the normal; the affine is RAS+.
 * - Values keep their stored type, and rescale slope and intercept become `Volume.scaling`; slices with different slopes become float32.
 *   The unit is "HU" for CT, "arbitrary" for MR, else "unknown". Padding keeps its number, `meta.paddingValue` says which.
 * - Tilted or unevenly spaced slices are resampled (linear) onto a straight grid, and `meta.resampled` says why; `irregular: "refuse"` refuses
 *   them. Missing and duplicate slices are errors that name them. A missing slice at an end can't be known.
 * - Several echoes, time points or directions at once: `frame` picks one. Several series among the files: `series` picks one.
 * - Implicit and explicit little endian, explicit big endian and deflated files; with dcmjs-codecs also RLE, JPEG (baseline, lossless), JPEG-LS,
 *   JPEG 2000 and HTJ2K.
 * - `meta` holds nothing of the patient: `modality`, `seriesInstanceUID`, `seriesDescription`, `frameOfReferenceUID`, `sliceThickness`.
 */
export const dicom: VolumeFormat = {
  name: "dicom",
  extensions: [".dcm"],
  sniff: isDicom,
  // Loaded on use: the format is tried by default, and its code is more than all others' together.
  read: async (source, options) => (await import("./read.ts")).readDicom(source, options),
  readFiles: async (files, options) => (await import("./read.ts")).readDicomFiles(files, options),
};
