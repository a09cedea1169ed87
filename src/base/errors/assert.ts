import { type ErrorKind, MidashError } from "./midash-error.ts";

/** Throws an `invalid-argument` {@link MidashError} unless `condition` holds. For public boundaries. */
export function assert(condition: unknown, what: string, where?: string, hint?: string): asserts condition {
  if (!condition) throw new MidashError("invalid-argument", what, { where, hint });
}

/** Throws; an expression form for `??` and switch arms. */
export function fail(kind: ErrorKind, what: string, where?: string, hint?: string): never {
  throw new MidashError(kind, what, { where, hint });
}
