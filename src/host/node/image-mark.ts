import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ImageMark, ImageMarks } from "../../road/data/index.ts";
import { fileError } from "./files.ts";
import { maskPath } from "./masks.ts";
import { withCompanions } from "./with-companions.ts";

/** Bytes that are read at either end of a file. The checksum of a gzipped file lies at its end, so they tell of all its content. */
const END = 1 << 16;
/** Bytes of each of the pieces between. */
const PIECE = 1 << 12;
const PIECES = 16;

/**
 * What tells whether the image in a file or folder is still the same. Its size and time alone would do on one disk, and would refuse a copy of the data on
 * another one; reading all of it would take as long as an epoch. So size, time and the hash of some pieces are noted, and where size and time are those that
 * are known, nothing is read.
 *
 * @param path of a file, a folder of DICOM files, or a mask as `readMask` takes it
 * @param known what was noted before
 * @throws MidashError `not-found` or `io` naming the file
 */
export async function imageMark(path: string, known?: ImageMark): Promise<ImageMark> {
  try {
    const { file, name = "" } = await maskPath(path);
    const files = await withCompanions(file);
    const facts = await Promise.all(files.map((one) => stat(one)));
    const bytes = facts.reduce((sum, { size }) => sum + size, 0);
    const modified = facts.reduce((latest, { mtimeMs }) => Math.max(latest, mtimeMs), 0);
    if (known && known.bytes === bytes && known.modified === modified) return known;
    const hash = createHash("sha256").update(name);
    const pieces = Math.ceil(PIECES / files.length);
    for (const [n, one] of files.entries())
      if (facts[n]!.isFile()) await addPieces(hash, one, facts[n]!.size, pieces);
    return { bytes, modified, sha256: hash.digest("hex") };
  } catch (cause) {
    throw fileError(cause, path, "read");
  }
}

/** Of all images of a case. @param paths by name */
export async function imageMarks(
  paths: Readonly<Record<string, string>>,
  known: ImageMarks = {},
): Promise<ImageMarks> {
  const marks = Object.entries(paths).map(
    async ([name, path]) => [name, await imageMark(path, known[name])] as const,
  );
  return Object.fromEntries(await Promise.all(marks));
}

async function addPieces(hash: Hash, path: string, size: number, pieces: number): Promise<void> {
  hash.update(`/${basename(path)}/${size}/`);
  const file = await open(path, "r");
  try {
    if (size <= 2 * END + pieces * PIECE) return void (await add(hash, file, 0, size));
    await add(hash, file, 0, END);
    for (let n = 1; n <= pieces; n++)
      await add(hash, file, Math.floor((n * (size - PIECE)) / (pieces + 1)), PIECE);
    await add(hash, file, size - END, END);
  } finally {
    await file.close();
  }
}

async function add(hash: Hash, file: FileHandle, from: number, length: number): Promise<void> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, from);
  hash.update(buffer.subarray(0, bytesRead));
}
