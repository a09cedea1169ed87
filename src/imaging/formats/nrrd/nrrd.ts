import { product } from "../../../base/bytes/index.ts";
import { throwIfAborted } from "../../../base/errors/index.ts";
import { mapTriple, Volume } from "../../volume/index.ts";
import type { FormatReadOptions, Source, VolumeFormat } from "../format.ts";
import { checkFrame, checkShape } from "../guards.ts";
import { marksOf, quantityIn } from "../marks.ts";
import { SourceBytes } from "../source-bytes.ts";
import { TEXT_HEAD } from "../text-header.ts";
import { readVoxels } from "../voxel-files.ts";
import { decodeVoxels, sizeOf } from "../voxels.ts";
import { axesOf, gatherFrame, isContiguous } from "./axes.ts";
import { type NrrdHeader, parseNrrdHeader, required, sizesOf, sniffNrrd } from "./header.ts";
import { directionsOf, nrrdAffine } from "./placement.ts";
import { voxelTypeOfField } from "./types.ts";
import { isLittleEndian, voxelsOf } from "./voxels.ts";
import { writeNrrd } from "./write.ts";

/**
 * NRRD 1 to 5, Teem's and 3D Slicer's format: one file (.nrrd) or a header with its voxels in one file or in several (.nhdr, LIST or a
 * pattern), encodings raw, gzip, ascii and hex, either byte order. Voxels keep their type; 64-bit integers become float64 where that is exact. Axes that have no direction in space
 * (lists, time) tell frames apart, wherever they stand. The affine is that of `space`, its directions and origin; a space
 * that names no side of the patient (scanner-xyz, 3D-right-handed, none at all) is taken for LPS, as ITK takes it, and `meta.space` says so.
 * `meta` also holds `format`, `name`, `description` (content) and the file's `keyValues`, which are written again.
 *
 * Refused by name: axes of colours, vectors, tensors; encoding bzip2; left-handed
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
  const affine = nrrdAffine(header, { directions, space: axes.space, sizes }, where);
  const shape = mapTriple([0, 1, 2], (d) => sizes[axes.space[d] ?? -1] ?? 1);
  const count = shape[0] * shape[1] * shape[2];
  const frames = product(axes.frames.map((axis) => sizes[axis]!));
  const frame = checkFrame(options.frame, frames, where);

  const size = sizeOf(type);
  const all = count * frames * size;
  const whole = !isContiguous(axes, sizes);
  const place = await voxelsOf(source, header, { sizes, type, where });
  const promise = `${sizes.join("×")} ${type} voxels`;
  const wanted = { all, promise, voxels: count };
  const from = frame * count * size;
  const range = whole ? { from: 0, end: all } : { from, end: from + count * size };
  const file = await readVoxels(place, range, wanted, options);
  const littleEndian = isLittleEndian(header, type, where);
  const part = whole
    ? {
        bytes: gatherFrame(file.bytes, { base: file.base, size, sizes, axes, frame, where }),
        start: 0,
        owned: true,
      }
    : { bytes: file.bytes, start: file.base + from, owned: file.owned };
  const { start, owned } = part;
  const data = decodeVoxels(part.bytes, {
    type,
    littleEndian,
    start,
    count,
    owned,
    where: place.where,
    signal,
  });
  const meta = { ...metaOf(source, header), ...(frames > 1 ? { frame, frames } : {}) };
  return new Volume({ shape, data, affine, meta, ...marksOf(`midash; ${header.pairs.midash ?? ""}`) });
}

function metaOf(source: Source, { version, fields, pairs }: NrrdHeader): Record<string, unknown> {
  const { midash = "", ...keyValues } = pairs;
  const content = fields.get("content")?.text;
  const space = fields.get("space")?.text;
  const stated = space !== undefined && /^(right|left|ras|las|lps)/i.test(space);
  return {
    format: `NRRD000${version}`,
    ...(source.name === undefined ? {} : { name: source.name }),
    ...(content ? { description: content } : {}),
    ...quantityIn(`midash; ${midash}`),
    ...(stated ? {} : { space: `${space ?? "none"}, taken for LPS` }),
    ...(Object.keys(keyValues).length > 0 ? { keyValues } : {}),
  };
}
