import { product } from "../../../base/bytes/index.ts";
import { throwIfAborted } from "../../../base/errors/index.ts";
import { mapTriple, Volume } from "../../volume/index.ts";
import type { FormatReadOptions, Source, VolumeFormat } from "../format.ts";
import { checkFrame, checkShape } from "../guards.ts";
import { marksOf, quantityIn } from "../marks.ts";
import { SourceBytes } from "../source-bytes.ts";
import { brief, fieldError, numbersOf, TEXT_HEAD } from "../text-header.ts";
import { readVoxels } from "../voxel-files.ts";
import { decodeVoxels, sizeOf } from "../voxels.ts";
import { type MetaImageHeader, parseMetaImageHeader, required, sizesOf, sniffMetaImage } from "./header.ts";
import { metaImageAffine } from "./placement.ts";
import { voxelTypeOfField } from "./types.ts";
import { isLittleEndian, voxelsOf } from "./voxels.ts";
import { writeMetaImage } from "./write.ts";

/**
 * MetaImage, ITK's own format: one file (.mha) or a header with its voxels in one file or in several (.mhd with .raw or .zraw, LIST or a
 * pattern), either byte order, plain, packed with zlib, or as text. Voxels keep their type; 64-bit integers become float64 where that is exact. Of four axes and more the
 * ones after the third are frames. LPS becomes RAS+. `meta` holds `format`, `name` and `description` (Comment).
 *
 * Refused by name: several channels (colour, vectors), and an ElementToIntensityFunction other than 1 and 0, which ITK and all that build on
 * it ignore.
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
  const head = await main.head(TEXT_HEAD);
  const header = parseMetaImageHeader(head, where);
  const { fields } = header;
  const type = voxelTypeOfField(required(fields, "ElementType", where), where);
  refuseOthers(header, where);
  const sizes = sizesOf(header, where);
  const shape = mapTriple([0, 1, 2], (d) => sizes[d] ?? 1);
  const count = checkShape(sizes, where);
  const affine = metaImageAffine(header, sizes.length, where);
  const frames = product(sizes.slice(3));
  const frame = checkFrame(options.frame, frames, where);

  const frameBytes = count * sizeOf(type);
  const place = await voxelsOf(source, header, { head, sizes, type, where });
  const promise = `${sizes.join("×")} ${type} voxels`;
  const wanted = { all: frames * frameBytes, promise, voxels: count };
  const range = { from: frame * frameBytes, end: (frame + 1) * frameBytes };
  const file = await readVoxels(place, range, wanted, options);
  const data = decodeVoxels(file.bytes, {
    type,
    littleEndian: isLittleEndian(header),
    start: file.base + range.from,
    count,
    owned: file.owned,
    where: place.where,
    signal,
  });
  const comment = fields.get("Comment")?.text;
  const meta = {
    format: "MetaImage",
    ...(source.name === undefined ? {} : { name: source.name }),
    ...(comment ? { description: comment } : {}),
    ...quantityIn(comment),
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
  for (const [name, neutral] of [
    ["ElementToIntensityFunctionSlope", 1],
    ["ElementToIntensityFunctionOffset", 0],
  ] as const) {
    const field = fields.get(name);
    if (field && numbersOf(field, where, 1)[0] !== neutral)
      throw fieldError(field, `${brief(field.text)}: ITK ignores it, others don't`, where, "unsupported");
  }
}
