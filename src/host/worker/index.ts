/**
 * The library in a worker: pages stay alive while it computes.
 *
 * @example
 * import { openWorker } from "@midash/core/worker";
 * const worker = await openWorker();
 * const head = await worker.head();
 * const { sct } = await head.synthesize(mr);
 *
 * @packageDocumentation
 */

export {
  type KeptRun,
  type LogLine,
  opfsRunStore,
  opfsRuns,
  type RunFacts,
  type RunFolder,
  type RunFolderFiles,
  type RunRecord,
  type RunStart,
  type RunStatus,
  readRunFolder,
} from "../runs/index.ts";
export type { CtSeriesFiles, GivenFile, ReadVolume, ShelfVolume } from "./file-shelf.ts";
export {
  type MidashWorker,
  openWorker,
  type WorkerFiles,
  type WorkerHead,
  type WorkerOptions,
  type WorkerSynthesizer,
} from "./open-worker.ts";
export type { ClassifyOptions, WorkerEncodeOptions, WorkerEngine } from "./requests.ts";
export type {
  WorkerTrainEvent,
  WorkerTraining,
  WorkerTrainingOptions,
  WorkerTrainSettings,
} from "./training-task.ts";
