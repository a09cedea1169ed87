import { product } from "../../../base/bytes/index.ts";
import { fail, MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import { mapTriple, Volume } from "../../volume/index.ts";
import type { FormatReadOptions, Source, VolumeFormat } from "../format.ts";
import { checkFrame, checkShape } from "../guards.ts";
import { isGzip } from "../gzip.ts";
import { marksOf } from "../marks.ts";
import { SourceBytes } from "../source-bytes.ts";
import { brief, fieldError, numbersOf, TEXT_HEAD } from "../text-header.ts";
import { companionOf, readBlock, type VoxelBlock } from "../voxel-block.ts";
import { decodeVoxels, sizeOf } from "../voxels.ts";
import {
  firstField,
  flagOf,
  type MetaImageHeader,
  parseMetaImageHeader,
  required,
  sizesOf,
  sniffMetaImage,
} from "./header.ts";
import { metaImageAffine } from "./placement.ts";
import { voxelTypeOfField } from "./types.ts";
import { writeMetaImage } from "./write.ts";

/**
 * MetaImage, ITK's own format: one file (.mha) or a header with a file of voxels (.mhd with .raw or .zraw), either byte order, plain or
 * packed with zlib. Voxels keep their type; 64-bit integers become float64 where that is exact. Of four axes and more the
 * ones after the third are frames. LPS becomes RAS+. `meta` holds `format`, `name` and `description` (Comment).
 *
 * Refused by name: several channels (colour, vectors), voxels in several files (LIST, patterns) or as text, and an
 * ElementToIntensityFunction other than 1 and 0, which ITK and all that build on it ignore.
 *
 * The unit and the mark of simulation are kept in Comment, which ITK passes over. A volume's scaling has no field here: it is applied
 * when the volume is written.
 */
export const metaimage: VolumeFormat = {
  name: "metaimage",
  extensions: [".mha", ".mhd"],
  sniff: sniffMetaImage,
  read: readMetaImage,
  write: writeMetaImage,
};

async function readMetaImage(source: Source, options: FormatReadOptions = {}): Promise<Volume> {
  const { name: where = "MetaImage data" } = source;
  const { signal } = options;
  throwIfAborted(signal);
  const main = new SourceBytes(source, where, options);
  const header = parseMetaImageHeader(await main.head(TEXT_HEAD), where);
  const { fields } = header;
  refuseOthers(header, where);
  const type = voxelTypeOfField(required(fields, "ElementType", where), where);
  const sizes = sizesOf(header, where);
  const shape = mapTriple([0, 1, 2], (d) => sizes[d] ?? 1);
  const count = checkShape(sizes, where);
  const affine = metaImageAffine(header, sizes.length, where);
  const frames = product(sizes.slice(3));
  const frame = checkFrame(options.frame, frames, where);

  const frameBytes = count * sizeOf(type);
  const block = await blockOf(source, header, where);
  const promise = `${sizes.join("×")} ${type} voxels`;
  const wanted = { all: frames * frameBytes, promise, voxels: count };
  const file = await readBlock(block, (frame + 1) * frameBytes, wanted, options);
  const msb = firstField(fields, ["BinaryDataByteOrderMSB", "ElementByteOrderMSB"]);
  const data = decodeVoxels(file.bytes, {
    type,
    littleEndian: !flagOf(msb, false),
    start: file.base + frame * frameBytes,
    count,
    owned: file.owned,
    where: block.where,
    signal,
  });
  const comment = fields.get("Comment")?.text;
  const meta = {
    format: "MetaImage",
    ...(source.name === undefined ? {} : { name: source.name }),
    ...(comment ? { description: comment } : {}),
    ...(frames > 1 ? { frame, frames } : {}),
  };
  return new Volume({ shape, data, affine, meta, ...marksOf(comment) });
}

/** @throws MidashError `unsupported` for what is MetaImage but no volume of single numbers */
function refuseOthers({ fields }: MetaImageHeader, where: string): void {
  const kind = fields.get("ObjectType");
  if (kind && !/^image$/i.test(kind.text))
    throw fieldError(kind, `"${brief(kind.text)}", only images can be read`, where, "unsupported");
  const channels = fields.get("ElementNumberOfChannels");
  if (channels && numbersOf(channels, where, 1)[0] !== 1)
    throw fieldError(
      channels,
      `${channels.text} (colour or vectors), a Volume has one`,
      where,
      "unsupported",
    );
  if (!flagOf(fields.get("BinaryData"), true))
    throw fieldError(fields.get("BinaryData")!, "voxels as text can't be read", where, "unsupported");
  for (const [name, neutral] of [
    ["ElementToIntensityFunctionSlope", 1],
    ["ElementToIntensityFunctionOffset", 0],
  ] as const) {
    const field = fields.get(name);
    if (field && numbersOf(field, where, 1)[0] !== neutral)
      throw fieldError(field, `${brief(field.text)}: ITK ignores it, others don't`, where, "unsupported");
  }
}

/** Where the voxels are: behind the header (LOCAL), or in a file beside it. */
async function blockOf(source: Source, header: MetaImageHeader, where: string): Promise<VoxelBlock> {
  const { fields, end } = header;
  const file = required(fields, "ElementDataFile", where);
  const skip = fields.get("HeaderSize");
  const [headerSize = 0] = skip ? numbersOf(skip, where, 1) : [];
  if (skip && (!Number.isSafeInteger(headerSize) || headerSize < -1))
    throw fieldError(skip, `${brief(skip.text)} bytes`, where);
  if (/^LIST(\s|$)/.test(file.text) || file.text.includes("%"))
    throw fieldError(file, "voxels in several files (LIST or a pattern) can't be read", where, "unsupported");
  if (file.text === "") throw fieldError(file, "it names no file", where);
  const packed = flagOf(fields.get("CompressedData"), false);
  const local = /^local$/i.test(file.text);
  const place = local
    ? { file: source, where, zipped: isGzip(source.bytes) }
    : await companionOf(source, {
        name: file.text.replace(/^\.\//, ""),
        packing: packed ? "zlib" : "none",
        where,
      });
  const offset = headerSize === -1 ? "end" : headerSize > 0 ? headerSize : local ? end : 0;
  if (!packed) return { ...place, offset, packing: "none" };
  if (headerSize !== 0)
    fail("unsupported", "HeaderSize together with CompressedData", { where, hint: "convert it first" });
  const { bytes } = place.file;
  const packing =
    bytes[offset as number] === 0x1f && bytes[(offset as number) + 1] === 0x8b ? "gzip" : "zlib";
  const size = fields.get("CompressedDataSize");
  const [length] = size ? numbersOf(size, where, 1) : [];
  if (size && (!Number.isSafeInteger(length) || length! < 0))
    throw new MidashError("invalid-file", `CompressedDataSize: ${brief(size.text)} bytes`, {
      where,
      offset: size.at,
      hint: "get the file again",
    });
  return { ...place, offset, packing, ...(length ? { length } : {}) };
}
