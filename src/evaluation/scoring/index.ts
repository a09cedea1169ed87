/** Test cases synthesised and scored, beside the lookup baseline. */
export { fitLookup, type ScoredCase, type ScoredVolumes, type ScoreOptions, scoreCases } from "./score.ts";
