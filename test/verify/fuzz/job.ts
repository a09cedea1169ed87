// What parent and child agree on.

/** What a child is to do: the damaged files `from` to `to` of a run. */
export interface Job {
  readonly subject: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** What a child says of one file. */
export interface Line {
  readonly index: number;
  /** "ok", the kind of a MidashError, "untagged", or of the child itself: "ready", "done". */
  readonly outcome: string;
  /** Milliseconds of CPU of all the process's threads. */
  readonly cpu?: number;
  /** Largest request for memory, and all requests together, in bytes. */
  readonly largest?: number;
  readonly sum?: number;
  /** Growth of the process's largest resident set while it read, in bytes; and the set itself. */
  readonly grown?: number;
  readonly resident?: number;
  /** Past {@link BOUND}. */
  readonly over?: boolean;
  readonly detail?: string;
}

/** Low, so that what gets past them shows. */
export const LIMITS = { maxVoxels: 2 ** 20, maxRatio: 32 } as const;

/** Milliseconds of CPU within which a file must be read or refused. */
export const PATIENCE = 2000;

const MIB = 2 ** 20;

/**
 * What a read may ask for: the bytes of maxVoxels of the largest type and a header, or `maxRatio` times the file, and the file itself. All
 * requests together may be three times that: bytes that are unpacked, copied into place, converted.
 */
export const BOUND = {
  largest: (file: number) => Math.max(8 * LIMITS.maxVoxels + MIB, LIMITS.maxRatio * file) + file,
  sum: (file: number) => 3 * BOUND.largest(file) + 4 * MIB,
  /** What nobody counts (zlib's own memory, 64 KiB that a stream unpacks at once) shows in the resident set. */
  grown: (file: number) => BOUND.sum(file) + 66 * MIB,
};
