/** Whole heads, by the model that comes with the package: synthetic CT, labels, brain and tissues of any MR of a head. */
export { headModel } from "./head-model.ts";
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
