/** Tagged errors, warnings, the assertions that guard public boundaries, cancelling, and the hint that names the nearest match. */
export { aborted, breathe, throwIfAborted } from "./abort.ts";
export { assert, fail } from "./assert.ts";
export { habitual } from "./habits.ts";
export { type Hint, type OptionName, type Way, wayText } from "./hint.ts";
export {
  type ErrorDetails,
  type ErrorKind,
  type ErrorSubject,
  type ErrorWords,
  errorJson,
  errorText,
  isUserError,
  MidashError,
  type MidashErrorJson,
  oneLine,
  type Where,
} from "./midash-error.ts";
export { naming } from "./naming.ts";
export { isNear, orNearest } from "./nearest.ts";
export { type Warning, type WarningCode, warningText } from "./warning.ts";
