import { fail, MidashError } from "../../base/errors/index.ts";
import type { FormatReadOptions, Source } from "./format.ts";
import { isGzip, type Packing } from "./gzip.ts";
import { type BytesWanted, SourceBytes } from "./source-bytes.ts";
import { brief } from "./text-header.ts";

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

/**
 * A file beside a header.
 *
 * @param options `packing`: what the header says
 *
 * @throws MidashError `not-found` when it is not there
 */
export async function companionOf(
  header: Source,
  {
    name,
    packing,
    where,
  }: { readonly name: string; readonly packing: Packing | "none"; readonly where: string },
): Promise<Pick<VoxelBlock, "file" | "where" | "zipped">> {
  const bytes = await header.companion?.(name);
  if (!bytes)
    return fail("not-found", `its voxels are in ${brief(name)}, and there is none beside it`, {
      where,
      hint: "put both files into one folder, or give both",
    });
  // A name that ends in .gz, and no word of packing in the header: it was gzipped afterwards.
  const zipped = packing === "none" && /\.gz$/i.test(name) && isGzip(bytes);
  return { file: { name, bytes, owned: header.owned ?? false }, where: name, zipped };
}
