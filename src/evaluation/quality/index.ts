/** Whether the cases of a cohort may be learnt from: each looked at by itself, then all compared. Knows no files. */
export type { CaseFacts, CaseLook, ImageFacts } from "./case-look.ts";
export { type Finding, type FindingCode, isBad } from "./finding.ts";
export { judgeCohort } from "./judge-cohort.ts";
export { type LookedAt, lookAtCase } from "./look-at-case.ts";
