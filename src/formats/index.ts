/**
 * Volumes from and to the bytes of files: NIfTI-1 and NIfTI-2, and the contract by which more formats join. Content
 * decides which format reads; a format converts to RAS+ mm at its edge and never guesses a unit. No paths here: the
 * node room reads and writes files.
 */
export { type DecodeOptions, decodeVolume, type EncodeOptions, encodeVolume } from "./decode.ts";
export type { FormatReadOptions, FormatWriteOptions, Limits, Source, VolumeFormat } from "./format.ts";
export { type GunzipOptions, gunzip, isGzip } from "./gzip.ts";
export { nifti } from "./nifti.ts";
