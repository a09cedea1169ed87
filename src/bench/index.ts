/** Benchmarks: suites of rows, each timed beside a named peer in one call. Maintainers' tools, not public. */
export { CacheFolder } from "./cache-folder.ts";
export { type Comparison, compareResults, parseResult } from "./compare.ts";
export { deviceSlug } from "./device.ts";
export { measuredPeer, type RowResult, type SuiteResult, sumOfSteps, wasBusy } from "./result.ts";
export { runSuite } from "./run-suite.ts";
export { serveTask } from "./serve.ts";
export type { Row, Suite } from "./suite.ts";
export { SUITES } from "./suites.ts";
