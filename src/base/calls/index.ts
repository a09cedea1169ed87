/** Threads that are asked and answer: one protocol for all, errors included, and the place where a thread's script lies. */
export { answerCalls, type CallContext } from "./answer-calls.ts";
export { Calls } from "./calls.ts";
export { findScript } from "./find-script.ts";
export { pagePort, pageThread } from "./page-thread.ts";
