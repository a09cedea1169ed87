/** Cuts volumes into samples for models and puts samples back together. */
export type { Batch, PairedBatch } from "./batch.ts";
export { type SliceAxis, type SliceOptions, type SliceRequest, Slicer, type SlicerJson } from "./slicer.ts";
