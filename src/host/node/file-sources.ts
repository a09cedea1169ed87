import { closeSync, openSync, readSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { assert, fail } from "../../base/errors/index.ts";
import type { FileSource } from "../../imaging/formats/index.ts";
import { fileError, readFileBytes, readFileHead } from "./files.ts";

/**
 * Files as a format reads them: from the disk, as far as needed.
 *
 * @param options `path`: the folder, for messages; `maxFolderBytes`: of whole files that are read in all. Default 2^32
 */
export function fileSources(
  paths: readonly string[],
  { path, maxFolderBytes = 2 ** 32 }: { readonly path: string; readonly maxFolderBytes?: number },
): readonly FileSource[] {
  assert(maxFolderBytes > 0, `maxFolderBytes must be positive, got ${maxFolderBytes}`, { where: path });
  let bytes = 0;
  const count = (more: number) => {
    bytes += more;
    if (bytes > maxFolderBytes)
      fail("limit", `its files have more than ${maxFolderBytes} bytes, which is the limit`, {
        where: path,
        hint: "raise maxFolderBytes",
      });
  };
  const disk = new Disk();
  const whole = async (name: string, signal: AbortSignal | undefined) => {
    const size = await disk.size(name);
    count(size);
    return size <= SMALL ? disk.head(name, size) : readFileBytes(name, { signal });
  };
  return paths.map((name) => ({
    name,
    read: (most, signal, into) => (most === undefined ? whole(name, signal) : disk.head(name, most, into)),
  }));
}

/** Bytes of a file that is as soon read as looked at. */
const SMALL = 1 << 18;

/** ms that a call may take before the disk is taken for a slow one, such as one of a network. */
const SLOW = 1;

/**
 * Looks at many files. On a fast disk what takes time is the way to Node's threads and back, so calls are synchronous for as long as they are fast;
 * on a slow one as many run at a time as are asked for.
 */
class Disk {
  /** Of the last calls, in ms. */
  #mean = 0;

  size(path: string): Promise<number> {
    return this.#call(
      path,
      () => statSync(path).size,
      async () => (await stat(path)).size,
    );
  }

  head(path: string, most: number, into?: Uint8Array): Promise<Uint8Array> {
    return this.#call(
      path,
      () => headNow(path, most, into),
      () => readFileHead(path, most, into),
    );
  }

  async #call<T>(path: string, now: () => T, later: () => Promise<T>): Promise<T> {
    try {
      if (this.#mean > SLOW) return await later();
      const start = performance.now();
      const result = now();
      this.#mean += (performance.now() - start - this.#mean) / 16;
      return result;
    } catch (cause) {
      throw fileError(cause, path, "read");
    }
  }
}

function headNow(path: string, most: number, into: Uint8Array = new Uint8Array(most)): Uint8Array {
  const file = openSync(path, "r");
  try {
    return into.subarray(0, readSync(file, into, 0, most, 0));
  } finally {
    closeSync(file);
  }
}
