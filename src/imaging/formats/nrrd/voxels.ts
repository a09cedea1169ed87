import { product } from "../../../base/bytes/index.ts";
import { MidashError } from "../../../base/errors/index.ts";
import type { Source } from "../format.ts";
import { isGzip, type Packing } from "../gzip.ts";
import { brief, fieldError, type HeaderField, numbersOf } from "../text-header.ts";
import { companionOf, type VoxelBlock, withoutDots } from "../voxel-block.ts";
import { namesOfPattern, type VoxelPlace } from "../voxel-files.ts";
import type { TextVoxels } from "../voxel-text.ts";
import { sizeOf, type VoxelType } from "../voxels.ts";
import { isList, type NrrdHeader, required } from "./header.ts";

/** What a header's "data file" is about. */
interface Voxels {
  readonly sizes: readonly number[];
  readonly type: VoxelType;
  readonly where: string;
}

interface Encoding {
  readonly packing: Packing | "none";
  readonly text?: TextVoxels;
}

/** Voxels as numbers have no byte order, and are read as little-endian ones. */
export function isLittleEndian(header: NrrdHeader, type: VoxelType, where: string): boolean {
  if (sizeOf(type) === 1 || encodingOf(header, where).text === "numbers") return true;
  const field = required(header, "endian", where);
  if (/^(little|big)$/i.test(field.text)) return field.text.toLowerCase() === "little";
  throw fieldError(field, `"${brief(field.text)}" is neither little nor big`, where);
}

/**
 * Where the voxels are: behind the header, in the file that it names, or in several: "LIST" or "LIST 2" with a line for each file behind it, or
 * a pattern as "slice%03d.raw 1 20 1". The number of axes that a file has stands behind LIST, or at the pattern's end.
 *
 * @throws MidashError `invalid-file`, `not-found`, `unsupported`
 */
export async function voxelsOf(source: Source, header: NrrdHeader, voxels: Voxels): Promise<VoxelPlace> {
  const { where } = voxels;
  const field = header.fields.get("data file");
  const files = field && (isList(field) ? listed(field, header, voxels) : ofPattern(field, voxels));
  if (!files) return blockOf(source, header, field?.text, voxels);
  const each = (product(voxels.sizes) / files.length) * sizeOf(voxels.type);
  return { names: files, each, where, block: (name) => blockOf(source, header, name, voxels) };
}

function listed(field: HeaderField, { list = [] }: NrrdHeader, voxels: Voxels): readonly string[] {
  const [, axes] = /^LIST(?:\s+(\d{1,2}))?$/.exec(field.text) ?? [undefined, "0"];
  checkCount(list.length, axes, field, voxels);
  return list;
}

/** A pattern, then the first number, the last, the step, and how many axes a file has. `undefined`: it is the name of one file. */
function ofPattern(field: HeaderField, voxels: Voxels): readonly string[] | undefined {
  if (!/%\d*d/.test(field.text)) return undefined;
  const words = field.text.split(/\s+/);
  const [pattern = "", ...rest] = words;
  const wholes = rest.every((word) => /^-?\d{1,9}$/.test(word));
  if (!wholes || (rest.length !== 3 && rest.length !== 4))
    throw fieldError(
      field,
      `"${brief(field.text)}" does not say the first number, the last and the step`,
      voxels.where,
    );
  const [first = 0, last = 0, step = 0] = rest.map(Number);
  const count = step === 0 ? 0 : Math.max(0, Math.floor((last - first) / step) + 1);
  checkCount(count, rest[3], field, voxels);
  const names = namesOfPattern(pattern, { first, step, count });
  if (names) return names.map(withoutDots);
  const what = `"${brief(field.text)}" is not the names of ${count} files with one whole number in them`;
  throw fieldError(field, what, voxels.where, "unsupported");
}

/** Teem's rule: a file for each place along the axes that files do not have. Files of all axes are slabs, and share the last one. */
function checkCount(
  count: number,
  stated: string | undefined,
  field: HeaderField,
  { sizes, where }: Voxels,
): void {
  const axes = stated === undefined ? Math.max(1, sizes.length - 1) : Number(stated);
  if (!(axes >= 1 && axes <= sizes.length))
    throw fieldError(field, `"${brief(field.text)}" does not name 1 to ${sizes.length} axes`, where);
  const slabs = axes === sizes.length;
  const places = slabs ? sizes.at(-1)! : product(sizes.slice(axes));
  if (slabs ? count > 0 && places % count === 0 : count === places) return;
  const must = slabs ? `their number must divide ${places}` : `there must be ${places}`;
  throw fieldError(field, `it names ${count} files, ${must}`, where);
}

function encodingOf(header: NrrdHeader, where: string): Encoding {
  const field = required(header, "encoding", where);
  if (/^raw$/i.test(field.text)) return { packing: "none" };
  if (/^gz(ip)?$/i.test(field.text)) return { packing: "gzip" };
  if (/^(txt|text|ascii)$/i.test(field.text)) return { packing: "none", text: "numbers" };
  if (/^hex$/i.test(field.text)) return { packing: "none", text: "hex" };
  const known = /^(bz2|bzip2|zrl)$/i.test(field.text);
  const what = known
    ? `${field.text} can't be read, only raw, gzip, ascii and hex`
    : `"${brief(field.text)}"`;
  throw fieldError(field, what, where, known ? "unsupported" : "invalid-file");
}

/** @param name a file's; `undefined` for the voxels behind the header */
async function blockOf(
  source: Source,
  header: NrrdHeader,
  name: string | undefined,
  { type, where }: Voxels,
): Promise<VoxelBlock> {
  const { packing, text } = encodingOf(header, where);
  const place =
    name === undefined
      ? { file: source, where, zipped: isGzip(source.bytes) }
      : await companionOf(source, { name, packing, where });
  const lines = bytesToSkip(header, "line skip", where);
  const skip = bytesToSkip(header, "byte skip", where);
  const start = name === undefined ? header.end! : 0;
  if (lines > 0 && place.zipped)
    throw new MidashError("unsupported", "line skip in a gzipped file", { where, hint: "gunzip it first" });
  const offset = skip === -1 ? "end" : afterLines(place.file.bytes, start, lines);
  return {
    ...place,
    offset,
    packing,
    skip: Math.max(0, skip),
    ...(text ? { text: { as: text, type } } : {}),
  };
}

function bytesToSkip({ fields }: NrrdHeader, name: "line skip" | "byte skip", where: string): number {
  const field = fields.get(name);
  if (!field) return 0;
  const [value] = numbersOf(field, where, 1);
  const least = name === "byte skip" ? -1 : 0;
  if (Number.isSafeInteger(value) && value! >= least) return value!;
  throw fieldError(
    field,
    `"${brief(field.text)}" is no number of ${name === "byte skip" ? "bytes" : "lines"}`,
    where,
  );
}

/** The byte after so many line breaks; the end when there are fewer. */
function afterLines(bytes: Uint8Array, from: number, lines: number): number {
  let at = from;
  for (let n = 0; n < lines && at < bytes.length; n++) {
    const found = bytes.indexOf(0x0a, at);
    at = found < 0 ? bytes.length : found + 1;
  }
  return at;
}
