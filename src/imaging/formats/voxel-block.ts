import { fail, MidashError } from "../../base/errors/index.ts";
import type { FormatReadOptions, Source } from "./format.ts";
import { checkCapacity, checkVoxels } from "./guards.ts";
import { isGzip, type Packing } from "./gzip.ts";
import { type BytesWanted, SourceBytes } from "./source-bytes.ts";
import { brief } from "./text-header.ts";
import { fewestCharacters, type TextVoxels, voxelsOfHex, voxelsOfNumbers } from "./voxel-text.ts";
import type { VoxelType } from "./voxels.ts";

/** Where a text header says that its voxels lie: behind it, or in a file of their own. */
export interface VoxelBlock {
  readonly file: Source;
  /** The file as a whole is gzipped. Stated, because the first bytes may be voxels and prove nothing. */
  readonly zipped: boolean;
  /** For messages. */
  readonly where: string;
  /** First byte of the block, in a gzipped file of what it unpacks to; "end" when it ends with the file. */
  readonly offset: number | "end";
  /** Bytes of the block where it is packed and the header states them. Default: to the end of the file. */
  readonly length?: number;
  readonly packing: Packing | "none";
  /** Bytes of what the block unpacks to that come before the voxels. Default 0. */
  readonly skip?: number;
  /** The voxels are text, and what is read of them are little-endian bytes (of hex: bytes in the order of the file). */
  readonly text?: { readonly as: TextVoxels; readonly type: VoxelType };
}

/** Bytes with the place of the voxels that were asked for. */
export interface BlockBytes {
  readonly bytes: Uint8Array;
  readonly owned: boolean;
  /** The byte where voxels begin: those asked for are `start` bytes further. */
  readonly base: number;
}

/**
 * The bytes of a block up to `end`, counted from its first voxel, guarded as `SourceBytes.upTo` does.
 *
 * @param wanted `all` and `end` count from the first voxel
 * @throws MidashError `invalid-file`, `limit`, or `unsupported` for a packed block in a packed file
 */
export async function readBlock(
  block: VoxelBlock,
  end: number,
  wanted: BytesWanted,
  options: FormatReadOptions,
): Promise<BlockBytes> {
  const { file, where, packing, zipped, skip = 0 } = block;
  const { all } = wanted;
  if (block.text) return readText(block, block.text, end, wanted, options);
  if (packing === "none") {
    if (zipped && block.offset === "end")
      fail("unsupported", "its voxels are to end with a file that is gzipped", {
        where,
        hint: "gunzip it first",
      });
    const offset = block.offset === "end" ? Math.max(0, file.bytes.length - all) : block.offset + skip;
    const source = new SourceBytes(file, where, options, zipped ? "gzip" : "none");
    const { bytes, owned } = await source.upTo(offset + end, { ...wanted, all: offset + all });
    return { bytes, owned, base: offset };
  }
  if (zipped) fail("unsupported", "packed voxels in a gzipped file", { where, hint: "gunzip it first" });
  if (block.offset === "end")
    return fail("invalid-file", "packed voxels can't be found from the end", {
      where,
      hint: "fix the header",
    });
  const { offset, length = file.bytes.length - offset } = block;
  if (offset + length > file.bytes.length)
    throw new MidashError(
      "invalid-file",
      `truncated: its header promises ${length} packed bytes, the file has ${Math.max(0, file.bytes.length - offset)}`,
      { where, offset, hint: "get the file again" },
    );
  const packed = new SourceBytes(
    { bytes: file.bytes.subarray(offset, offset + length) },
    where,
    options,
    packing,
  );
  const { bytes, owned } = await packed.upTo(skip + end, { ...wanted, all: skip + all });
  return { bytes, owned, base: skip };
}

/** Voxels of a block that is text. That the text is long enough for all of them is made sure before memory is taken. */
function readText(
  { file, where, offset, zipped, skip = 0 }: VoxelBlock,
  { as, type }: NonNullable<VoxelBlock["text"]>,
  end: number,
  { all, promise, voxels }: BytesWanted,
  { limits, signal }: FormatReadOptions,
): BlockBytes {
  if (zipped || offset === "end")
    return fail("unsupported", `voxels as text ${zipped ? "in a gzipped file" : "that end with the file"}`, {
      where,
      hint: zipped ? "gunzip it first" : "convert it first",
    });
  const start = offset + skip;
  const text = file.bytes.subarray(start);
  checkCapacity(text.length, fewestCharacters(as, all, type), `${promise} as text`, where);
  checkVoxels(voxels, limits, where);
  const part = { type, length: end, offset: start, where, signal };
  return {
    bytes: as === "hex" ? voxelsOfHex(text, part) : voxelsOfNumbers(text, part),
    owned: true,
    base: 0,
  };
}

/**
 * A file beside a header, or in a folder below.
 *
 * @param options `packing`: what the header says; `orGzipped`: the name with ".gz" behind counts, too
 *
 * @throws MidashError `not-found` when it is not there
 */
export async function companionOf(
  header: Source,
  {
    name: stated,
    packing,
    where,
    orGzipped = false,
  }: {
    readonly name: string;
    readonly packing: Packing | "none";
    readonly where: string;
    readonly orGzipped?: boolean;
  },
): Promise<Pick<VoxelBlock, "file" | "where" | "zipped">> {
  if (stated === "" || /\p{Cc}/u.test(stated))
    return fail("invalid-file", "the name of the file of its voxels is empty or no text", {
      where,
      hint: "fix the header",
    });
  let name = withoutDots(stated);
  let bytes = await header.companion?.(name);
  if (!bytes && orGzipped && packing === "none") {
    const packed = await header.companion?.(`${name}.gz`);
    if (packed && isGzip(packed)) [name, bytes] = [`${name}.gz`, packed];
  }
  if (!bytes)
    return fail("not-found", `its voxels are in ${brief(name)}, and there is none beside it`, {
      where,
      hint: "put both files into one folder, or give both",
    });
  // A name that ends in .gz, and no word of packing in the header: it was gzipped afterwards.
  const zipped = packing === "none" && /\.gz$/i.test(name) && isGzip(bytes);
  return { file: { name, bytes, owned: header.owned ?? false }, where: name, zipped };
}

/** "./slice.raw" is "slice.raw". */
export function withoutDots(name: string): string {
  return name.replace(/^(\.\/)+/, "");
}
