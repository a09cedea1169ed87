/** Threads that are asked and answer: one protocol for all, errors included, and the place where a thread's script lies. */
export { type Answer, answerCalls } from "./answer-calls.ts";
export { type CallOptions, Calls, type CallsOptions } from "./calls.ts";
export { findScript } from "./find-script.ts";
