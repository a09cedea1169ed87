import { MidashError } from "@midash/core";
import { announced, problem, work } from "./study.ts";

/** What to do about an error of each kind, in words of whoever looks at images. */
const WAYS: Readonly<Partial<Record<string, string>>> = {
  limit: "The volume is too large for this browser's memory. Close other tabs, or resample it to 1 mm first.",
  unsupported:
    "This browser lacks something that is needed. A current Chrome, Edge, Firefox or Safari has it.",
  io: "A part of this page or of the file could not be loaded. Check the connection, then try again.",
};

export const isCancelled = (error: unknown) => MidashError.is(error) && error.kind === "aborted";

/** An action with its failure shown where everybody sees it. */
export async function reported(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    work.value = undefined;
    if (isCancelled(error)) {
      announced.value = "Cancelled.";
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    const memory = error instanceof RangeError || /memory|allocation/i.test(message);
    // What knows a way of its own says it.
    const way = memory
      ? WAYS.limit
      : MidashError.is(error) && error.hint === undefined
        ? WAYS[error.kind]
        : undefined;
    problem.value = { what: message, more: way ? [way] : [] };
  }
}

/** Runs cancellable work, shown with its progress. @param task may call the work by another name as it goes on */
export async function working<T>(
  what: string,
  task: (
    signal: AbortSignal,
    progress: (share: number) => void,
    rename: (what: string) => void,
  ) => Promise<T>,
): Promise<T> {
  work.value?.cancel();
  const control = new AbortController();
  const cancel = () => control.abort();
  const since = performance.now();
  problem.value = undefined;
  work.value = { what, share: undefined, since, cancel };
  const mine = () => work.value?.cancel === cancel;
  try {
    const result = await task(
      control.signal,
      (share) => {
        if (mine()) work.value = { ...work.value!, share };
      },
      (renamed) => {
        if (mine()) work.value = { ...work.value!, what: renamed };
      },
    );
    control.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (control.signal.aborted)
      throw MidashError.is(error) && error.kind === "aborted"
        ? error
        : new MidashError("aborted", "was cancelled");
    throw error;
  } finally {
    if (mine()) work.value = undefined;
  }
}
