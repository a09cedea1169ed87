/** Cases, datasets and splits, and the batches that are drawn from them. */
export { epochOf } from "./batches.ts";
export { type Case, type VolumeRef, volumeRef } from "./case.ts";
export { CaseCache } from "./case-cache.ts";
export { Dataset, type DatasetOptions, type DatasetParts, type SplitShares } from "./dataset.ts";
export { type PhantomDatasetOptions, phantomDataset } from "./phantom-dataset.ts";
export { loadCase, type PreparedCase, type Reference } from "./prepare-case.ts";
export { type SlabOptions, slabDataset } from "./slabs.ts";
