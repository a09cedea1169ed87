/** Tagged errors and the assertions that guard public boundaries. */
export { assert, fail, throwIfAborted } from "./assert.ts";
export { type ErrorKind, isUserError, MidashError } from "./midash-error.ts";
