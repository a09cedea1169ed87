/** Runs of training, as the command line and pages have them: what their settings mean, and what their folders hold. */
export { encodeRunConfig, parseRunConfig } from "./config.ts";
export { type RunFacts, type RunNumbers, type RunStatus, runFacts } from "./facts.ts";
export { type LogLine, lineText, parseLines, tableOf, type UntimedLine } from "./log.ts";
export { longFlag } from "./long-flag.ts";
export {
  CHECKPOINTS,
  jsonBytes,
  LOG_LINES,
  LOG_TABLE,
  PREVIEWS,
  previewName,
  RUN_CONFIG,
  RUN_FILES,
  RUN_METRICS,
  RUN_RECORD,
} from "./names.ts";
export { opfsRunStore } from "./opfs-run-store.ts";
export { type KeptRun, opfsRuns, pathOf } from "./opfs-runs.ts";
export { findParts, partNames, trainerValues } from "./parts.ts";
export { previewPng } from "./preview.ts";
export { nextRecord, type RunRecord, type RunStart } from "./record.ts";
export { remembered } from "./remember.ts";
export { type RunFolder, type RunFolderFiles, readRunFolder } from "./run-folder.ts";
export { SAMPLER_SETTINGS, samplerOf } from "./sampler-of.ts";
export { FROM_DATA, optionsFromData, type TrainSettings } from "./settings.ts";
export { WATCHES } from "./watches.ts";
