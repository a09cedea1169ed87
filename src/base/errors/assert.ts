import { type ErrorDetails, type ErrorKind, MidashError } from "./midash-error.ts";

/** Throws an `invalid-argument` {@link MidashError} unless `condition` holds. For public boundaries. */
export function assert(condition: unknown, what: string, details?: ErrorDetails): asserts condition {
  if (!condition) throw new MidashError("invalid-argument", what, details);
}

/** Throws; an expression form for `??` and switch arms. */
export function fail(kind: ErrorKind, what: string, details?: ErrorDetails): never {
  throw new MidashError(kind, what, details);
}
