import { dicom } from "../../imaging/formats/dicom/index.ts";
import { type VolumeFormat, volumeFormats } from "../../imaging/formats/index.ts";

/** Formats of files and folders, in the order in which they are tried: those of core, and DICOM. */
export const fileFormats: readonly VolumeFormat[] = [...volumeFormats, dicom];
