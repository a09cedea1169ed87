import { product } from "../../../base/bytes/index.ts";
import { MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import { mapTriple, Volume } from "../../volume/index.ts";
import type { FormatReadOptions, Source, VolumeFormat } from "../format.ts";
import { checkFrame, checkShape } from "../guards.ts";
import { isGzip } from "../gzip.ts";
import { marksOf } from "../marks.ts";
import { SourceBytes } from "../source-bytes.ts";
import { brief, fieldError, numbersOf, TEXT_HEAD } from "../text-header.ts";
import { companionOf, readBlock, type VoxelBlock } from "../voxel-block.ts";
import { decodeVoxels, sizeOf, type VoxelType } from "../voxels.ts";
import { axesOf, gatherFrame, isContiguous } from "./axes.ts";
import { type NrrdHeader, parseNrrdHeader, required, sizesOf, sniffNrrd } from "./header.ts";
import { directionsOf, nrrdAffine } from "./placement.ts";
import { voxelTypeOfField } from "./types.ts";
import { writeNrrd } from "./write.ts";

/**
 * NRRD 1 to 5, Teem's and 3D Slicer's format: one file (.nrrd) or a header with a file of voxels (.nhdr), encodings raw and gzip, either
 * byte order. Voxels keep their type; 64-bit integers become float64 where that is exact. Axes that have no direction in space
 * (lists, time) tell frames apart, wherever they stand. The affine is that of `space`, its directions and origin; a space
 * that names no side of the patient (scanner-xyz, 3D-right-handed, none at all) is taken for LPS, as ITK takes it, and `meta.space` says so.
 * `meta` also holds `format`, `name`, `description` (content) and the file's `keyValues`, which are written again.
 *
 * Refused by name: axes of colours, vectors, tensors; encodings bzip2, ascii, hex; voxels in several files; left-handed
 * spaces that name no side. `old min`, `old max` and `measurement frame` are not applied, as in ITK.
 *
 * Unit and mark of simulation are the key `midash`. A volume's scaling has no field here: it is applied when the volume is written.
 */
export const nrrd: VolumeFormat = {
  name: "nrrd",
  extensions: [".nrrd", ".nhdr"],
  sniff: sniffNrrd,
  read: readNrrd,
  write: writeNrrd,
};

async function readNrrd(source: Source, options: FormatReadOptions = {}): Promise<Volume> {
  const { name: where = "NRRD data" } = source;
  const { signal } = options;
  throwIfAborted(signal);
  const main = new SourceBytes(source, where, options);
  const header = parseNrrdHeader(await main.head(TEXT_HEAD), where);
  const type = voxelTypeOfField(required(header, "type", where), where);
  const sizes = sizesOf(header, where);
  checkShape(sizes, where);
  const directions = directionsOf(header, sizes.length, where);
  const axes = axesOf(header, sizes, directions, where);
  const affine = nrrdAffine(header, { directions, space: axes.space, axes: sizes.length }, where);
  const shape = mapTriple([0, 1, 2], (d) => sizes[axes.space[d] ?? -1] ?? 1);
  const count = shape[0] * shape[1] * shape[2];
  const frames = product(axes.frames.map((axis) => sizes[axis]!));
  const frame = checkFrame(options.frame, frames, where);

  const size = sizeOf(type);
  const all = count * frames * size;
  const whole = !isContiguous(axes, sizes);
  const block = await blockOf(source, header, where);
  const promise = `${sizes.join("×")} ${type} voxels`;
  const wanted = { all, promise, voxels: count };
  const file = await readBlock(block, whole ? all : (frame + 1) * count * size, wanted, options);
  const littleEndian = isLittleEndian(header, type, where);
  const part = whole
    ? {
        bytes: gatherFrame(file.bytes, { base: file.base, size, sizes, axes, frame, where }),
        start: 0,
        owned: true,
      }
    : { bytes: file.bytes, start: file.base + frame * count * size, owned: file.owned };
  const { start, owned } = part;
  const data = decodeVoxels(part.bytes, {
    type,
    littleEndian,
    start,
    count,
    owned,
    where: block.where,
    signal,
  });
  const meta = { ...metaOf(source, header), ...(frames > 1 ? { frame, frames } : {}) };
  return new Volume({ shape, data, affine, meta, ...marksOf(`midash; ${header.pairs.midash ?? ""}`) });
}

function metaOf(source: Source, { version, fields, pairs }: NrrdHeader): Record<string, unknown> {
  const { midash: _, ...keyValues } = pairs;
  const content = fields.get("content")?.text;
  const space = fields.get("space")?.text;
  const stated = space !== undefined && /^(right|left|ras|las|lps)/i.test(space);
  return {
    format: `NRRD000${version}`,
    ...(source.name === undefined ? {} : { name: source.name }),
    ...(content ? { description: content } : {}),
    ...(stated ? {} : { space: `${space ?? "none"}, taken for LPS` }),
    ...(Object.keys(keyValues).length > 0 ? { keyValues } : {}),
  };
}

function isLittleEndian(header: NrrdHeader, type: VoxelType, where: string): boolean {
  if (sizeOf(type) === 1) return true;
  const field = required(header, "endian", where);
  if (/^(little|big)$/i.test(field.text)) return field.text.toLowerCase() === "little";
  throw fieldError(field, `"${brief(field.text)}" is neither little nor big`, where);
}

/** Where the voxels are: behind the header, or in the file that it names. */
async function blockOf(source: Source, header: NrrdHeader, where: string): Promise<VoxelBlock> {
  const { fields, end } = header;
  const encoding = required(header, "encoding", where);
  const packing = /^raw$/i.test(encoding.text)
    ? "none"
    : /^gz(ip)?$/i.test(encoding.text)
      ? "gzip"
      : undefined;
  if (!packing) {
    const known = /^(txt|text|ascii|hex|bz2|bzip2|zrl)$/i.test(encoding.text);
    const what = known ? `${encoding.text} can't be read, only raw and gzip` : `"${brief(encoding.text)}"`;
    throw fieldError(encoding, what, where, known ? "unsupported" : "invalid-file");
  }
  const named = fields.get("data file");
  if (named && (/^LIST(\s|$)/.test(named.text) || /%0?\d*d/.test(named.text)))
    throw fieldError(
      named,
      "voxels in several files (LIST or a pattern) can't be read",
      where,
      "unsupported",
    );
  if (named?.text === "") throw fieldError(named, "it names no file", where);
  const place = named
    ? await companionOf(source, { name: named.text.replace(/^\.\//, ""), packing, where })
    : { file: source, where, zipped: isGzip(source.bytes) };
  const lines = bytesToSkip(header, "line skip", where);
  const skip = bytesToSkip(header, "byte skip", where);
  const start = named ? 0 : end!;
  if (lines > 0 && place.zipped)
    throw new MidashError("unsupported", "line skip in a gzipped file", { where, hint: "gunzip it first" });
  const offset = skip === -1 ? "end" : afterLines(place.file.bytes, start, lines);
  return { ...place, offset, packing, skip: Math.max(0, skip) };
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
