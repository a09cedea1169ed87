import { breathe, throwIfAborted } from "../../base/errors/index.ts";
import type { FileSource, Source } from "./format.ts";

/** Read at a time: enough for a disk or a network to be busy, and few files in memory. */
const AT_ONCE = 8;
/** Bytes that most headers fit in. */
export const PAGE = 1 << 12;
/** ms of work after which others get their turn. */
const TURN = 20;

/** A file in memory like one on a disk. */
export function fileSource(source: Source | FileSource): FileSource {
  if ("read" in source) return source;
  const { name, bytes } = source;
  return {
    name,
    read: async (most = bytes.length) => (most < bytes.length ? bytes.subarray(0, most) : bytes),
  };
}

/**
 * Calls `work` for each file, a few at a time.
 *
 * @param work gets memory, too, for a file's first bytes: its own until it resolves
 * @returns its results, in the order of the files
 */
export async function eachFile<F, T>(
  files: readonly F[],
  work: (file: F, memory: Uint8Array) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const results = new Array<T>(files.length);
  let next = 0;
  let since = performance.now();
  const worker = async () => {
    const memory = new Uint8Array(PAGE);
    while (next < files.length) {
      const n = next++;
      throwIfAborted(signal);
      if (performance.now() - since > TURN) {
        await breathe(signal);
        since = performance.now();
      }
      results[n] = await work(files[n]!, memory);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
