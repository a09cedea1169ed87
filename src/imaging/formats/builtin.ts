import type { VolumeFormat } from "./format.ts";
import { metaimage } from "./metaimage/metaimage.ts";
import { mgh } from "./mgh/mgh.ts";
import { nifti } from "./nifti/nifti.ts";
import { nrrd } from "./nrrd/nrrd.ts";

/**
 * Formats that need no other package and that reading and writing use by default, in the order in which they are tried. DICOM joins them in
 * `/node`; elsewhere pass it in `formats`: a bundler must not look for packages that a page never uses.
 */
export const volumeFormats = [nifti, metaimage, nrrd, mgh] as const satisfies readonly VolumeFormat[];

/** Names of {@link volumeFormats}. */
export type VolumeFormatName = "nifti" | "metaimage" | "nrrd" | "mgh";
