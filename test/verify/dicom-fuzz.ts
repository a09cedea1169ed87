/**
 * Damages DICOM files and reads them. What must come out is a volume that the file can hold, or a MidashError.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MidashError } from "../../src/errors/index.ts";
import { dicom } from "../../src/formats/dicom/index.ts";
import type { Source } from "../../src/formats/index.ts";
import { Random } from "../../src/random/index.ts";
import { Volume } from "../../src/volume/index.ts";

const fixtures = fileURLToPath(new URL("../fixtures/dicom/", import.meta.url));

/** What {@link fuzzDicom} counted. */
export interface FuzzCounts {
  readonly mutations: number;
  readonly read: number;
  readonly refused: number;
  /** Anything but a MidashError, or one of kind "internal". */
  readonly untagged: readonly string[];
  /** Reads that took more than 2 s. */
  readonly slow: number;
  /** Volumes above the limit of voxels. */
  readonly overLimit: number;
  readonly slowestMs: number;
  /** Of the whole process, in MiB. */
  readonly peakMiB: number;
}

const LIMIT = 2 ** 22;

/** Bit flips, cuts, lengths set to extremes, runs overwritten, pieces repeated; one file, or one file of a series. */
export async function fuzzDicom(mutations: number, seed: string | number): Promise<FuzzCounts> {
  const random = new Random(seed);
  const series = seriesOf();
  let [read, refused, slow, overLimit, slowestMs] = [0, 0, 0, 0, 0];
  const untagged: string[] = [];
  for (let n = 0; n < mutations; n++) {
    const files = series[random.integer(series.length)]!;
    const at = random.integer(files.length);
    const bad = { name: `${n}-${files[at]!.name}`, bytes: mutate(files[at]!.bytes, random) };
    const alone = files.length === 1 || random.integer(2) === 0;
    const options = { limits: { maxVoxels: LIMIT }, ...(random.integer(3) === 0 ? { frame: 0 } : {}) };
    const started = performance.now();
    try {
      const volume = alone
        ? await dicom.read(bad, options)
        : await dicom.readFiles!(
            files.map((file, i) => (i === at ? bad : file)),
            options,
          );
      if (!Volume.is(volume) || volume.size > LIMIT) overLimit++;
      read++;
    } catch (error) {
      if (MidashError.is(error) && error.kind !== "internal" && !error.message.includes("\n")) refused++;
      else untagged.push(`${bad.name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const ms = performance.now() - started;
    slowestMs = Math.max(slowestMs, ms);
    if (ms > 2000) slow++;
  }
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  return { mutations, read, refused, untagged, slow, overLimit, slowestMs, peakMiB };
}

/** Every folder of fixtures, and every single file. */
function seriesOf(): readonly (readonly Source[])[] {
  const load = (path: string): Source => ({
    name: path,
    bytes: new Uint8Array(readFileSync(join(fixtures, path))),
  });
  return readdirSync(fixtures, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory())
      return [readdirSync(join(fixtures, entry.name)).map((name) => load(`${entry.name}/${name}`))];
    return entry.name.endsWith(".dcm") ? [[load(entry.name)]] : [];
  });
}

function mutate(original: Uint8Array, random: Random): Uint8Array {
  let bytes = original.slice();
  const header = Math.max(1, Math.min(bytes.length, 132 + random.integer(1400)));
  for (let times = 1 + random.integer(4); times > 0; times--) {
    const at = random.integer(random.integer(4) === 0 ? bytes.length : header);
    switch (random.integer(6)) {
      case 0:
        bytes[at]! ^= 1 << random.integer(8);
        break;
      case 1:
        bytes[at] = [0, 0xff, 0x7f, 0x80, 0x5c][random.integer(5)]!;
        break;
      case 2: // a length, or a number of rows
        for (let i = 0; i < 4; i++) if (at + i < bytes.length) bytes[at + i] = [0, 0xff][random.integer(2)]!;
        break;
      case 3:
        bytes = bytes.slice(0, at + 1);
        break;
      case 4: {
        const piece = bytes.slice(at, at + 1 + random.integer(64));
        bytes = Uint8Array.from([
          ...bytes.subarray(0, at),
          ...piece,
          ...piece,
          ...bytes.subarray(at + piece.length),
        ]);
        break;
      }
      default: // digits: numbers in DICOM are text
        for (let i = at; i < Math.min(at + 400, bytes.length); i++)
          if (bytes[i]! >= 0x30 && bytes[i]! <= 0x39 && random.integer(8) === 0)
            bytes[i] = 0x2d + random.integer(13);
    }
  }
  return bytes;
}
