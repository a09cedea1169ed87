/** What the test of threads runs with: one copy of all, so that errors and volumes are of one kind. */

export { openCache, readEntries, sampleThreads, writeIndex, writeShard } from "../../src/host/node/index.ts";
export { wasm } from "../../src/networks/backends/index.ts";
export { UNet } from "../../src/networks/models/index.ts";
export {
  augmentations,
  batchSources,
  type Case,
  Dataset,
  plainLoader,
  prepareCase,
  trainingCase,
} from "../../src/road/data/index.ts";
export { definePreparation, Slicer, usualSteps } from "../../src/road/preparation/index.ts";
export { DEFAULT_NORMALIZERS, Trainer } from "../../src/road/training/index.ts";
export { eggCase } from "./egg-case.ts";
