// What unpacks to much, and what claims much.
import { deflateSync, gunzipSync, gzipSync } from "node:zlib";
import type { Random } from "../../../src/base/random/index.ts";
import type { Triple } from "../../../src/imaging/volume/index.ts";
import type { Subject } from "./subjects.ts";

/** 32 MiB and 1 MiB of zeros: the former is past every limit of a run. */
const ZEROS = { small: new Uint8Array(2 ** 20), large: new Uint8Array(2 ** 25) };
const BOMBS = {
  gzip: [gzipSync(ZEROS.small), gzipSync(ZEROS.large), gzipSync(gzipSync(ZEROS.large))],
  zlib: [deflateSync(ZEROS.small), deflateSync(ZEROS.large), deflateSync(deflateSync(ZEROS.large))],
};

/** Voxels that are claimed and, by zeros, there: 2^18 to 2^23, of which some are within the limits of a run. */
const CLAIMS: readonly Triple[] = [
  [64, 64, 64],
  [128, 128, 64],
  [1024, 1024, 1],
  [1024, 1025, 1],
  [16384, 128, 1],
  [256, 256, 128],
];

/** A file that keeps its promise of many voxels, all of them zeros: plain, packed as a whole, or packed as the format does. */
export function claim(given: Uint8Array, subject: Subject, random: Random): [string, Uint8Array] | undefined {
  const sizes = CLAIMS[random.integer(CLAIMS.length)]!;
  const plain = given[0] === 0x1f ? new Uint8Array(gunzipSync(given)) : given.slice();
  const made = subject.claim!(plain, sizes);
  if (!made) return undefined;
  const count = sizes[0] * sizes[1] * sizes[2];
  const how = random.integer(3);
  const zeros = ZEROS.large.subarray(0, Math.min(8 * count, ZEROS.large.length));
  const body = how === 2 ? BOMBS[random.integer(2) === 0 ? "gzip" : "zlib"][1]! : zeros;
  const all = joined(made.bytes.subarray(0, made.end), body);
  const text = `${sizes.join("×")} voxels of zeros`;
  return how === 1 ? [`${text}, gzipped`, new Uint8Array(gzipSync(all, { level: 1 }))] : [text, all];
}

/** A packed mountain of zeros, behind some point of the file. */
export function bomb(bytes: Uint8Array, random: Random): [string, Uint8Array] {
  const kind = random.integer(2) === 0 ? "gzip" : "zlib";
  const packed = BOMBS[kind][random.integer(3)]!;
  const end = random.integer(2) === 0 ? bytes.length : headerEnd(bytes);
  return [`a ${kind} bomb of ${packed.length} bytes at ${end}`, joined(bytes.subarray(0, end), packed)];
}

function headerEnd(bytes: Uint8Array): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString("latin1");
  const found = /\n\r?\n|ElementDataFile *=[^\n]*\n/.exec(text);
  return found ? found.index + found[0].length : Math.min(bytes.length, 352);
}

/** In one member, in several, or with a mountain of zeros behind. */
export function regzip(bytes: Uint8Array, random: Random): Uint8Array {
  const how = random.integer(10);
  const zip = (part: Uint8Array) => gzipSync(part, { level: how === 0 ? 0 : 1 });
  if (how === 1) {
    const cut = random.integer(Math.max(1, bytes.length));
    return joined(zip(bytes.subarray(0, cut)), zip(bytes.subarray(cut)));
  }
  if (how === 2) return joined(zip(bytes), BOMBS.gzip[random.integer(3)]!);
  if (how === 3) return new Uint8Array(zip(zip(bytes)));
  return new Uint8Array(zip(bytes));
}

/** Parts, one behind the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
