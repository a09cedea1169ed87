/**
 * Whole heads, by the model that comes with the package: synthetic CT, labels, brain and tissues of any MR of a head.
 *
 * @example
 * import { HeadPipeline } from "@midash/core/head";
 * const head = await HeadPipeline.open({ backend: wasm() });
 * const { sct, labels, warnings } = await head.synthesize(mr);
 *
 * @packageDocumentation
 */
export { headModel } from "./head-model.ts";
export type { HeadPart } from "./head-part.ts";
export {
  type HeadAnswer,
  type HeadBrain,
  type HeadOptions,
  HeadPipeline,
  type HeadPipelineOptions,
  type HeadSynthesis,
  type HeadSynthesisOptions,
  type HeadTissue,
  type HeadTissueOptions,
} from "./head-pipeline.ts";
export { lookAtHead } from "./look.ts";
