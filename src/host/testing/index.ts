/**
 * Contract suites for plugin authors: what the library relies on, checked from outside. They need no test runner: each resolves
 * to a report, or throws one error that lists what failed and what to do.
 *
 * @packageDocumentation
 */
export type { OpResult } from "./backend/op-ledger.ts";
export type { CheckOptions, CheckProgress, CheckResult, ContractReport } from "./checks.ts";
export type { FormatFile } from "./format/lab.ts";
export {
  type BackendCheckName,
  type BackendReport,
  type TestBackendOptions,
  testBackend,
} from "./test-backend.ts";
export { type FormatCheckName, type TestFormatOptions, testFormat } from "./test-format.ts";
export { type ModelCheckName, type TestModelOptions, testModel } from "./test-model.ts";
