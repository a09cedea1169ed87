export { type HeadMap, headMap } from "./head-map.ts";
export { HEAD_CLASSES, type HeadClass } from "./kinds.ts";
export { type RandomHead, type RandomHeadOptions, randomHead } from "./random-head.ts";
export { NO_RARE_CASES, RARE_CASES, type RareCases } from "./rare/index.ts";
