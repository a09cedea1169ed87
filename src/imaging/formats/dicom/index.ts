/**
 * DICOM series in, and synthetic CT series out. Compressed files need the optional package dcmjs-codecs.
 *
 * @example
 * import { dicom } from "@midash/core/formats/dicom";
 * const ct = await dicom.readFiles!(files); // [{ name, bytes }, ...], in any order
 *
 * @module
 */
export { type CtSeriesOptions, encodeCtSeries } from "./ct-series.ts";
export { dicom } from "./dicom.ts";
export { type FileListing, listFiles } from "./list-files.ts";
export {
  type ListedSeries,
  type ListedVolume,
  listVolumes,
  type UnreadableFile,
  type VolumeListing,
} from "./listing.ts";
export { listSeries, type SeriesInfo } from "./series.ts";
export {
  holdsStructures,
  listStructures,
  type ReadStructureOptions,
  readStructure,
  type StructureInfo,
} from "./structures.ts";
