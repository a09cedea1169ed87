import { MidashError, throwIfAborted } from "../../base/errors/index.ts";
import type { FormatReadOptions } from "./format.ts";
import { checkVoxels } from "./guards.ts";
import { allocate } from "./gzip.ts";
import type { BytesWanted } from "./source-bytes.ts";
import { brief } from "./text-header.ts";
import { type BlockBytes, readBlock, type VoxelBlock } from "./voxel-block.ts";

/** Voxels that lie in several files, one behind the other, the same number in each. */
export interface VoxelFiles {
  readonly names: readonly string[];
  /** Bytes of voxels in each. */
  readonly each: number;
  /** Where in a file they lie. */
  block(name: string): Promise<VoxelBlock>;
  /** The header that names them, for messages. */
  readonly where: string;
}

/** Where a text header says that its voxels lie. */
export type VoxelPlace = VoxelBlock | VoxelFiles;

/**
 * The bytes of voxels from byte `from` to `end`, both counted from the first voxel; more may be read. Of several files only those are read
 * that hold some of them, and memory is taken for a file when the one before it has kept its promise.
 *
 * @throws MidashError as `readBlock`; `invalid-file` for a file that is named twice
 */
export async function readVoxels(
  place: VoxelPlace,
  { from, end }: { readonly from: number; readonly end: number },
  wanted: BytesWanted,
  options: FormatReadOptions,
): Promise<BlockBytes> {
  if (!("names" in place)) return readBlock(place, end, wanted, options);
  const { names, each, where } = place;
  checkVoxels(wanted.voxels, options.limits, where);
  const seen = new Set<string>();
  for (const name of names) {
    // Each file is read once, so that a short header can't ask for one large file again and again.
    if (seen.has(name))
      throw new MidashError("invalid-file", `names ${brief(name)} twice among the files of its voxels`, {
        where,
        hint: "fix the header",
      });
    seen.add(name);
  }
  const first = Math.floor(from / each);
  const parts: Uint8Array[] = [];
  for (const name of names.slice(first, Math.ceil(end / each))) {
    throwIfAborted(options.signal);
    const promise = `${wanted.promise} in ${names.length} files`;
    const part = { all: each, promise, voxels: wanted.voxels };
    const { bytes, base } = await readBlock(await place.block(name), each, part, options);
    parts.push(bytes.subarray(base, base + each));
  }
  const bytes = allocate(each * parts.length, where);
  for (const [n, part] of parts.entries()) bytes.set(part, n * each);
  return { bytes, owned: true, base: -first * each };
}

/** Most files that a pattern may stand for, and most letters that it may have: names are made before any file is looked for. */
const MOST_FILES = 10_000;
const MOST_LETTERS = 1024;

/**
 * The names that a pattern of printf stands for: "slice%03d.raw" with 1, 2, 3. `undefined` when it has not exactly one whole number in it, or
 * stands for too many.
 */
export function namesOfPattern(
  pattern: string,
  { first, step, count }: { readonly first: number; readonly step: number; readonly count: number },
): string[] | undefined {
  if (pattern.length > MOST_LETTERS || count > MOST_FILES) return undefined;
  const found = /^([^%]*)%(0?)(\d{0,2})[diu]([^%]*)$/.exec(pattern);
  if (!found) return undefined;
  const [, before, zero, width, after] = found;
  return Array.from({ length: count }, (_, k) => {
    const n = first + k * step;
    const sign = n < 0 ? "-" : "";
    const digits = `${Math.abs(n)}`.padStart(zero ? Number(width) - sign.length : 0, "0");
    return `${before}${`${sign}${digits}`.padStart(Number(width))}${after}`;
  });
}
