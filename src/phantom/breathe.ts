import { throwIfAborted } from "../errors/index.ts";

/** Lets timers and input run between pieces of work, then throws if `signal` has fired. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  throwIfAborted(signal);
}
