import { dicom } from "./dicom/dicom.ts";
import type { VolumeFormat } from "./format.ts";
import { metaimage } from "./metaimage/metaimage.ts";
import { mgh } from "./mgh/mgh.ts";
import { nifti } from "./nifti/nifti.ts";
import { nrrd } from "./nrrd/nrrd.ts";

/** Formats that ship with the package and that reading and writing use by default, in the order in which they are tried. */
export const volumeFormats = [nifti, metaimage, nrrd, dicom, mgh] as const satisfies readonly VolumeFormat[];

/** Names of those among {@link volumeFormats} that one file can be written in. */
export type VolumeFormatName = "nifti" | "metaimage" | "nrrd" | "mgh";
