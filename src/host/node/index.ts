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
export { backendOf, optionalParts, synthesisBackendOf } from "./process/backend-choice.ts";
export { caseInputs } from "./process/case-inputs.ts";
export type { InputDigest } from "./process/case-key.ts";
export { firstInput, type Made, type MakeOptions, type MakerSetup, type SctMaker } from "./process/maker.ts";
export { openMaker } from "./process/open-maker.ts";
export { type CaseOutcome, type ProcessCaseOptions, processCase } from "./process/process-case.ts";
export { type ProcessCasesOptions, type ProcessEvent, processCases } from "./process/process-cases.ts";
export type { ProcessPlan, SettledPlan } from "./process/process-plan.ts";
export {
  type DoneRecord,
  type FailedRecord,
  type ProcessRecord,
  readRecords,
} from "./process/process-record.ts";
export { type ProcessSummary, writeSummary } from "./process/process-summary.ts";
export type { SctPlan } from "./process/sct-plan.ts";
export { type Shown, shownOf } from "./process/shown-case.ts";
export { nameFolder } from "./process/whole-folder.ts";
export type { ReadVolumeOptions } from "./read-volume-options.ts";
export type { RunWriter } from "./run-lock.ts";
export { fileRunStore, runWriter } from "./run-store.ts";
export { type SampleThreadsOptions, sampleThreads } from "./sample-threads.ts";
export { readVolume, type WriteVolumeOptions, writeVolume } from "./volumes.ts";
