import { MidashError } from "./midash-error.ts";

/** Runs `work`; what it refuses is said of `where`. */
export function naming<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!MidashError.is(error)) throw error;
    throw new MidashError(error.kind, error.message, { where, cause: error });
  }
}
