/**
 * The embedded data: simulated heads. A seeded parametric head whose shape varies by subject, MR by the spin-echo and
 * inversion-recovery signal equations with published relaxation times, CT by a published HU table, exact labels. Any
 * other label volume with a tissue table goes the same way. All of it is flagged `simulated`.
 *
 * ```ts
 * const { inputs, ct, labels } = await phantomSubject({ seed: 7, subject: 0, contrasts: ["t1", "t2"] });
 * ```
 */

export {
  CONTRASTS,
  type Contrast,
  type ContrastName,
  inversionRecovery,
  nullingTime,
  type Relaxation,
  signalOf,
  spinEcho,
} from "./contrast.ts";
export { type ParametricHeadOptions, parametricHead } from "./head.ts";
export { tissueTableForHeadLabels } from "./label-map-tissues.ts";
export {
  HEAD_CLASSES,
  type HeadClass,
  type HeadMap,
  headMap,
  NO_RARE_CASES,
  RARE_CASES,
  type RandomHead,
  type RandomHeadOptions,
  type RareCases,
  randomHead,
} from "./random-head/index.ts";
export { type SimulatedImages, type SimulateOptions, simulateFromLabels } from "./simulate.ts";
export { type PhantomSubject, type PhantomSubjectOptions, phantomSubject } from "./subject.ts";
export { PHANTOM_CLASSES, tissueClasses } from "./tissue-classes.ts";
export {
  HEAD_TISSUES,
  HeadLabel,
  headTissueTable,
  type Tissue,
  type TissueMixture,
  type TissueTable,
} from "./tissues.ts";
