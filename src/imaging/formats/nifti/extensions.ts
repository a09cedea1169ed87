import { fromBase64, joinBytes, toBase64 } from "../../../base/bytes/index.ts";
import type { Volume } from "../../volume/index.ts";
import type { SourceBytes } from "../source-bytes.ts";
import type { NiftiHeader } from "./header.ts";

/**
 * A header extension of NIfTI, kept in `Volume.meta.extensions` and written again. Codes stand in nifti1_io.h: 4 AFNI (XML), 6 comment,
 * 2 DICOM, 44 BIDS (JSON), ...
 */
export interface NiftiExtension {
  readonly code: number;
  /** `edata`, base64, with the padding to a multiple of 16 bytes that the standard wants, where the file has it; it is written so. */
  readonly base64: string;
}

/** Most bytes of extensions that are kept: whole scan protocols take less. */
const MOST = 2 ** 24;

/**
 * The extensions between header and voxels, if the four bytes after the header say that there are any. Sizes that are no multiple of 16 are
 * taken as nibabel takes them. A size that is negative, or reaches into the voxels, ends them: the voxels lie at vox_offset whatever it says, and
 * niftilib reads them.
 *
 * @param bytes the file, up to its voxels at least; of a pair the .hdr
 */
export async function readExtensions(
  header: NiftiHeader,
  bytes: Uint8Array | SourceBytes,
): Promise<NiftiExtension[]> {
  const start = header.version === 1 ? 348 : 540;
  const most = header.pair ? start + 4 + MOST : Math.min(header.offset, start + 4 + MOST);
  const region = bytes instanceof Uint8Array ? bytes.subarray(0, most) : await bytes.head(most);
  if (region.length < start + 4 || region[start] === 0) return [];
  const view = new DataView(region.buffer, region.byteOffset, region.byteLength);
  const found: NiftiExtension[] = [];
  for (let at = start + 4; at + 8 <= region.length; ) {
    const size = view.getInt32(at, header.littleEndian);
    const code = view.getInt32(at + 4, header.littleEndian);
    // Padding up to vox_offset, or nonsense: where the next one begins is not known.
    if (size < 8 || at + size > region.length) break;
    found.push({ code, base64: toBase64(region.subarray(at + 8, at + size)) });
    at += size;
  }
  return found;
}

/** The extensions of a volume, ready to be put after the four flag bytes; empty when there are none. */
export function encodeExtensions(volume: Volume, littleEndian: boolean): Uint8Array {
  const parts = extensionsOf(volume).map(({ code, base64 }) => {
    const content = fromBase64(base64);
    const size = Math.ceil((content.length + 8) / 16) * 16;
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, size, littleEndian);
    view.setInt32(4, code, littleEndian);
    bytes.set(content, 8);
    return bytes;
  });
  return joinBytes(parts);
}

/** `meta` may hold anything: what is no extension is left out. */
function extensionsOf(volume: Volume): NiftiExtension[] {
  const { extensions } = volume.meta;
  if (!Array.isArray(extensions)) return [];
  return extensions.filter(
    (entry): entry is NiftiExtension =>
      Number.isInteger(entry?.code) &&
      typeof entry.base64 === "string" &&
      /^[A-Za-z0-9+/]*={0,2}$/.test(entry.base64) &&
      entry.base64.length % 4 === 0,
  );
}
