import { throwIfAborted } from "../../../base/errors/index.ts";
import { Volume } from "../../volume/index.ts";
import type { FormatReadOptions, Source, VolumeFormat } from "../format.ts";
import { checkFrame, checkShape } from "../guards.ts";
import { marksOf, quantityIn } from "../marks.ts";
import { SourceBytes } from "../source-bytes.ts";
import { decodeVoxels, sizeOf } from "../voxels.ts";
import { MOST_FOOTER, readFooter } from "./footer.ts";
import { MGH_HEAD, parseMghHeader, sniffMgh } from "./header.ts";
import { writeMgh } from "./write.ts";

/**
 * FreeSurfer's MGH, and MGZ, which is the same gzipped: uint8, int16, uint16, int32 and float32, always big-endian. The affine is nibabel's:
 * scanner RAS, or FreeSurfer's default grid when the header says that it knows none (`meta.affineFrom` is "default"). `meta` holds `format` and
 * `name`. The marks of unit and simulation are kept as a line of the history after the voxels.
 */
export const mgh: VolumeFormat = {
  name: "mgh",
  extensions: [".mgh", ".mgz"],
  sniff: sniffMgh,
  read: readMgh,
  write: writeMgh,
};

async function readMgh(source: Source, options: FormatReadOptions = {}): Promise<Volume> {
  const { name: where = "MGH data" } = source;
  const { signal } = options;
  throwIfAborted(signal);
  const main = new SourceBytes(source, where, options);
  const { sizes, type, affine, goodRas } = parseMghHeader(await main.head(MGH_HEAD), where);
  const count = checkShape(sizes, where);
  const frames = sizes[3];
  const frame = checkFrame(options.frame, frames, where);
  const frameBytes = count * sizeOf(type);
  const start = MGH_HEAD + frame * frameBytes;
  const all = MGH_HEAD + frames * frameBytes;
  const promise = `${sizes.join("×")} ${type} voxels`;
  const wanted = { all, promise, voxels: count, tail: MOST_FOOTER };
  const { bytes, owned } = await main.upTo(start + frameBytes, wanted);
  // Files of several frames are never ours: what follows the last one need not be unpacked.
  const marks = frames === 1 ? readFooter(bytes.subarray(all, all + MOST_FOOTER), where) : undefined;
  const data = decodeVoxels(bytes, { type, littleEndian: false, start, count, owned, where, signal });
  const meta = {
    format: "MGH",
    affineFrom: goodRas ? "Mdc" : "default",
    ...(source.name === undefined ? {} : { name: source.name }),
    ...(frames > 1 ? { frame, frames } : {}),
    ...quantityIn(marks),
  };
  return new Volume({ shape: [sizes[0], sizes[1], sizes[2]], data, affine, meta, ...marksOf(marks) });
}
