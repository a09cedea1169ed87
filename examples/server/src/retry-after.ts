import { Crashed } from "./case-process.ts";

/** A case over which that many processes died is not begun any more. */
const CRASHES = 3;
const FIRST_MS = 1000;
const MOST_MS = 60_000;
const NEVER = -1;

/**
 * Whole milliseconds until a task is tried again that failed by what may pass (a disk that is full or away, a process that died): 1, 2, 4, ... s, at most a minute, with a little chance so that
 * tasks that failed together don't come together.
 *
 * @param attempts it had
 * @returns -1 for never
 */
export function retryAfter(attempts: number, _type?: string, error?: Error): number {
  if (error instanceof Crashed && attempts >= CRASHES) return NEVER;
  return Math.round(Math.min(MOST_MS, FIRST_MS * 2 ** (attempts - 1)) * (0.8 + 0.4 * Math.random()));
}
