/** Cuts volumes into samples for models and puts samples back together. */
export { Assembler } from "./assembler.ts";
export type { Batch, PairedBatch, SampleBatch, SliceRequest } from "./batch.ts";
export type { SliceAxis, SliceFit, SliceOptions, SlicerJson } from "./slice-options.ts";
export { Slicer } from "./slicer.ts";
export type { Blend } from "./windows.ts";
