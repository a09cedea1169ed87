/** Tagged errors, the assertions that guard public boundaries, cancelling, and the hint that names the nearest match. */
export { breathe, throwIfAborted } from "./abort.ts";
export { assert, fail } from "./assert.ts";
export { type ErrorDetails, type ErrorKind, isUserError, MidashError, oneLine } from "./midash-error.ts";
export { orNearest } from "./nearest.ts";
