import { MidashError } from "./midash-error.ts";

/** The error of work that the caller's `signal` ended. */
export function aborted(signal?: AbortSignal): MidashError {
  return new MidashError("aborted", "cancelled by the caller", { cause: signal?.reason });
}

/** Throws an `aborted` {@link MidashError} when `signal` has fired. Call it between pieces of long work. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

/** Lets timers, input and signals in between pieces of work that never waits, then throws if `signal` has fired. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  throwIfAborted(signal);
}
