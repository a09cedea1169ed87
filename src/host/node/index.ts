/**
 * Paths and files: what Node adds to the isomorphic core.
 *
 * @module
 */

export type { CacheIndex, PreparedCase } from "../../road/data/index.ts";
export {
  type Cache,
  isCache,
  type OpenCacheOptions,
  openCache,
  readEntries,
  readEntry,
  readIndex,
  removeShard,
  type WriteShardOptions,
  writeIndex,
  writeShard,
} from "./cache-folder.ts";
export type { PartOptions } from "./case-part.ts";
export { type CaseWorkersOptions, caseWorkers, type NodeCaseWorkers } from "./case-workers.ts";
export { type WriteCtSeriesOptions, writeCtSeries } from "./ct-series.ts";
export { type OpenDatasetOptions, openDataset } from "./dataset.ts";
export { type FindMrsOptions, findMrs } from "./find-mrs.ts";
export { type FolderListing, listFolder } from "./folder-listing.ts";
export { type Groups, readGroups } from "./groups-file.ts";
export type {
  CaseFiles,
  DatasetLayout,
  FilePatterns,
  FindOptions,
  Found,
  FoundCase,
  Place,
} from "./layouts/index.ts";
export { type ReadMaskOptions, readMask } from "./masks.ts";
export { loadModel, type ModelFileOptions, saveModel } from "./models.ts";
export { inspectOnnx, loadOnnx, saveOnnx } from "./onnx.ts";
export { type CohortFolders, type OpenCohortOptions, openCohort } from "./open-cohort.ts";
export type { JudgedCase, PreparedSummary } from "./preparing/finish-cache.ts";
export {
  type PrepareDatasetOptions,
  type PrepareEvent,
  prepareDataset,
} from "./preparing/prepare-dataset.ts";
export type { ReadVolumeOptions } from "./read-volume-options.ts";
export type { RunWriter } from "./run-lock.ts";
export { fileRunStore, runWriter } from "./run-store.ts";
export { type SampleThreadsOptions, sampleThreads } from "./sample-threads.ts";
export { readVolume, type WriteVolumeOptions, writeVolume } from "./volumes.ts";
