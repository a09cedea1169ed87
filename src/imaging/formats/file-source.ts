import { breathe, throwIfAborted } from "../../base/errors/index.ts";
import type { FileSource, Source } from "./format.ts";

/** Read at a time: enough for a disk or a network to be busy, and few files in memory. */
const AT_ONCE = 8;

/** A file in memory like one on a disk. */
export function fileSource(source: Source | FileSource): FileSource {
  if ("read" in source) return source;
  const { name, bytes } = source;
  return {
    name,
    size: bytes.length,
    read: async (most = bytes.length) => (most < bytes.length ? bytes.subarray(0, most) : bytes),
  };
}

/** Calls `work` for each file, a few at a time. @returns its results, in the order of the files */
export async function eachFile<F, T>(
  files: readonly F[],
  work: (file: F) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const results = new Array<T>(files.length);
  let next = 0;
  const worker = async () => {
    while (next < files.length) {
      const n = next++;
      throwIfAborted(signal);
      if (n % 256 === 255) await breathe(signal); // a few milliseconds of heads
      results[n] = await work(files[n]!);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
