/** Test cases synthesised and scored, beside the lookup baseline. */
export {
  type FittedLookup,
  fitLookup,
  SCORED_REGION,
  type ScoredCase,
  type ScoredLabels,
  type ScoredVolumes,
  type ScoreOptions,
  scoreCases,
} from "./score.ts";
