/** Tagged errors, the assertions that guard public boundaries, and the hint that names the nearest match. */
export { assert, fail, throwIfAborted } from "./assert.ts";
export { type ErrorKind, isUserError, MidashError } from "./midash-error.ts";
export { orNearest } from "./nearest.ts";
