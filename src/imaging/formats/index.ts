/**
 * Volumes from and to the bytes of files: NIfTI, MetaImage, NRRD, MGH, and the contract by which more formats join. Content
 * decides which format reads; a format converts to RAS+ mm at its edge and never guesses a unit. No paths here: the
 * host/node reads and writes files.
 */
export { type VolumeFormatName, volumeFormats } from "./builtin.ts";
export { type DecodeOptions, decodeVolume, type EncodeOptions, encodeVolume } from "./decode.ts";
export {
  type FileSource,
  type FormatReadOptions,
  type FormatWriteOptions,
  type LeftOut,
  type Limits,
  SNIFFED,
  type Source,
  type VolumeFormat,
} from "./format.ts";
export { formatOf } from "./format-of.ts";
export { type GunzipOptions, type GzipEngine, gunzip, gzip, isGzip, type Unpacked } from "./gzip.ts";
export { metaimage } from "./metaimage/metaimage.ts";
export { mgh } from "./mgh/mgh.ts";
export type { NiftiExtension } from "./nifti/extensions.ts";
export { nifti } from "./nifti/nifti.ts";
export { nrrd } from "./nrrd/nrrd.ts";
