import { product } from "../../../base/bytes/index.ts";
import { fail, MidashError } from "../../../base/errors/index.ts";
import type { Source } from "../format.ts";
import { isGzip } from "../gzip.ts";
import {
  brief,
  fieldError,
  type HeaderField,
  headerCut,
  headerLines,
  numbersOf,
  TEXT_HEAD,
} from "../text-header.ts";
import { companionOf, type VoxelBlock, withoutDots } from "../voxel-block.ts";
import { namesOfPattern, type VoxelPlace } from "../voxel-files.ts";
import { sizeOf, type VoxelType } from "../voxels.ts";
import { firstField, flagOf, type MetaImageHeader, required } from "./header.ts";

/** What a header's ElementDataFile is about. */
interface Voxels {
  /** The first bytes of the file, with the whole header in them. */
  readonly head: Uint8Array;
  readonly sizes: readonly number[];
  readonly type: VoxelType;
  readonly where: string;
}

/** Text has no byte order: its voxels are read as little-endian ones. */
export function isLittleEndian({ fields }: MetaImageHeader): boolean {
  return !flagOf(firstField(fields, ["BinaryDataByteOrderMSB", "ElementByteOrderMSB"]), false);
}

/**
 * Where the voxels are: behind the header (LOCAL), in a file beside it or below, or in several: "LIST" or "LIST 2D" with a line for each
 * file behind it, or a pattern as "slice%03d.raw 1 20 1".
 *
 * @throws MidashError `invalid-file`, `not-found`, `unsupported`
 */
export async function voxelsOf(source: Source, header: MetaImageHeader, voxels: Voxels): Promise<VoxelPlace> {
  const { type, where } = voxels;
  const file = required(header.fields, "ElementDataFile", where);
  if (file.text === "") throw fieldError(file, "it names no file", where);
  if (!flagOf(header.fields.get("BinaryData"), true) && sizeOf(type) > 1 && !isLittleEndian(header))
    throw new MidashError(
      "unsupported",
      "BinaryDataByteOrderMSB with voxels as text, whose bytes ITK swaps",
      {
        where,
        hint: "set it to False, or convert the file first",
      },
    );
  const names = /^LIST(\s|$)/.test(file.text)
    ? listed(file, header, voxels)
    : file.text.includes("%")
      ? ofPattern(file, voxels)
      : undefined;
  if (!names) return blockOf(source, header, file.text, { ...voxels, one: true });
  const each = (product(voxels.sizes) / names.length) * sizeOf(type);
  return { names, each, where, block: (name) => blockOf(source, header, name, { ...voxels, one: false }) };
}

/** The lines behind "LIST": each file holds a slice, or of "LIST 3D" a volume. */
function listed(file: HeaderField, { end }: MetaImageHeader, { head, sizes, where }: Voxels): string[] {
  const [, stated] = /^LIST(?:\s+(\d{1,2})D?)?$/.exec(file.text) ?? [undefined, "0"];
  const axes = stated === undefined ? sizes.length - 1 : Number(stated);
  if (axes < 1 || axes >= sizes.length)
    throw fieldError(file, `"${brief(file.text)}" does not name 1 to ${sizes.length - 1} axes`, where);
  const count = product(sizes.slice(axes));
  const names: string[] = [];
  for (const { text } of headerLines(head.subarray(end))) {
    if (names.length === count) break;
    if (text.trim() !== "") names.push(withoutDots(text.trimEnd()));
  }
  if (names.length < count) {
    if (head.length >= TEXT_HEAD) throw headerCut(head.length, "its LIST", where);
    throw fieldError(file, `it lists ${names.length} files, there must be ${count}`, where);
  }
  return names;
}

/**
 * "slice%03d.raw", then nothing, the first number (1), or the first, the last and the step. Each file holds a slice: the last axis counts
 * them. Of a first and a last number MetaIO makes a step that is wrong, or divides by it: refused.
 */
function ofPattern(file: HeaderField, { sizes, where }: Voxels): string[] {
  const count = sizes.at(-1)!;
  const words = file.text.split(/\s+/);
  const wholes = (from: number) => words.slice(from).every((word) => /^-?\d{1,9}$/.test(word));
  const given = words.length >= 4 && wholes(-3) ? 3 : words.length === 2 && wholes(-1) ? 1 : 0;
  if (given === 0 && words.length > 1)
    throw fieldError(
      file,
      `"${brief(file.text)}" does not say the first number, the last and the step`,
      where,
    );
  const [first = 1, last, step = 1] = given === 0 ? [] : words.slice(-given).map(Number);
  const there = last === undefined ? count : Math.floor((last - first) / step) + 1;
  if (step < 1 || there < count)
    throw fieldError(file, `"${brief(file.text)}" does not count ${count} files upwards`, where);
  const names = namesOfPattern(words.slice(0, words.length - given).join(" "), { first, step, count });
  if (names) return names.map(withoutDots);
  const what = `"${brief(file.text)}" is not the names of ${count} files with one whole number in them`;
  throw fieldError(file, what, where, "unsupported");
}

async function blockOf(
  source: Source,
  { fields, end }: MetaImageHeader,
  name: string,
  { type, where, one }: Voxels & { readonly one: boolean },
): Promise<VoxelBlock> {
  const skip = fields.get("HeaderSize");
  const [headerSize = 0] = skip ? numbersOf(skip, where, 1) : [];
  if (skip && (!Number.isSafeInteger(headerSize) || headerSize < -1))
    throw fieldError(skip, `${brief(skip.text)} bytes`, where);
  const binary = flagOf(fields.get("BinaryData"), true);
  const packed = binary && flagOf(fields.get("CompressedData"), false);
  const local = one && /^local$/i.test(name);
  const place = local
    ? { file: source, where, zipped: isGzip(source.bytes) }
    : await companionOf(source, { name, packing: packed ? "zlib" : "none", where, orGzipped: one });
  const offset = headerSize === -1 ? "end" : headerSize > 0 ? headerSize : local ? end : 0;
  if (!packed)
    return {
      ...place,
      offset,
      packing: "none",
      ...(binary ? {} : { text: { as: "numbers", type } as const }),
    };
  if (headerSize !== 0)
    fail("unsupported", "HeaderSize together with CompressedData", { where, hint: "convert it first" });
  const { bytes } = place.file;
  const packing =
    bytes[offset as number] === 0x1f && bytes[(offset as number) + 1] === 0x8b ? "gzip" : "zlib";
  // Of several files it states the size of one of them at most.
  const size = one ? fields.get("CompressedDataSize") : undefined;
  const [length] = size ? numbersOf(size, where, 1) : [];
  if (size && (!Number.isSafeInteger(length) || length! < 0))
    throw new MidashError("invalid-file", `CompressedDataSize: ${brief(size.text)} bytes`, {
      where,
      offset: size.at,
      hint: "get the file again",
    });
  return { ...place, offset, packing, ...(length ? { length } : {}) };
}
