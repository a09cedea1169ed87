// Small files that another program made, and what it reads from them: test/fixtures/{metaimage,nrrd,mgh}/cases.json.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { zlibEngine } from "../../src/host/node/gzip-engine.ts";
import type { FormatFile } from "../../src/host/testing/index.ts";
import { type DecodeOptions, decodeVolume } from "../../src/imaging/formats/index.ts";
import { type Affine, type Triple, Volume, type VolumeData } from "../../src/imaging/volume/index.ts";
import { errorOf } from "./error-of.ts";

/** One file, or a header with its voxels; and what must be read, or the error. */
export interface FormatCase {
  readonly name: string;
  readonly main: string;
  /** Name to base64 of gzipped bytes. */
  readonly files: Readonly<Record<string, string>>;
  readonly frame?: number;
  readonly frames?: number;
  readonly shape?: Triple;
  readonly affine?: Affine;
  readonly dtype?: string;
  readonly values?: readonly number[];
  readonly kind?: string;
  readonly says?: string;
  readonly options?: DecodeOptions;
}

/** The cases of a format. */
export function formatCases(format: string): readonly FormatCase[] {
  const file = new URL(`../fixtures/${format}/cases.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { cases: FormatCase[] }).cases;
}

/** The bytes of a case's files, by name. */
export function filesOf({ files }: FormatCase): ReadonlyMap<string, Uint8Array> {
  const unpacked = Object.entries(files).map(
    ([name, base64]) => [name, new Uint8Array(gunzipSync(Buffer.from(base64, "base64")))] as const,
  );
  return new Map(unpacked);
}

/** Reads a case's main file, which finds the others. */
function readCase(entry: FormatCase, options: DecodeOptions = {}): Promise<Volume> {
  const files = filesOf(entry);
  const companion = async (name: string) => files.get(name);
  return decodeVolume(files.get(entry.main)!, {
    name: entry.main,
    companion,
    frame: entry.frame,
    ...options,
  });
}

/** Values exactly, the affine to 1e-6 of each number. */
function expectCase(volume: Volume, entry: FormatCase): void {
  expect([...volume.shape]).toEqual(entry.shape);
  for (const [i, expected] of entry.affine!.entries())
    expect(Math.abs(volume.affine[i]! - expected), `affine[${i}]`).toBeLessThanOrEqual(
      1e-6 * Math.max(1, Math.abs(expected)),
    );
  expect(Array.from(volume.data)).toEqual(entry.values);
  const is64 = entry.dtype === "int64" || entry.dtype === "uint64";
  expect(volume.data.constructor.name.toLowerCase()).toBe(`${is64 ? "float64" : entry.dtype}array`);
  expect(volume.scaling).toEqual({ slope: 1, intercept: 0 });
}

/** Reads every case, by the platform's streams and by Node's zlib, and refuses what must be refused. */
export function describeCases(title: string, cases: readonly FormatCase[]): void {
  describe(title, () => {
    for (const entry of cases.filter(({ kind }) => !kind))
      it(`reads ${entry.name}`, async () => {
        for (const engine of [undefined, zlibEngine]) {
          const volume = await readCase(entry, engine ? { engine } : {});
          expectCase(volume, entry);
          expect([volume.unit, volume.simulated, volume.meta.name]).toEqual(["unknown", false, entry.main]);
        }
      });

    for (const entry of cases.filter(({ kind }) => kind))
      it(`refuses ${entry.name}`, async () => {
        for (const engine of [undefined, zlibEngine]) {
          const error = await errorOf(readCase(entry, { ...entry.options, ...(engine ? { engine } : {}) }));
          expect(error.kind, error.message).toBe(entry.kind);
          expect(error.message).toContain(entry.says);
          expect(Object.keys(entry.files).some((name) => error.where === name)).toBe(true);
        }
      });
  });
}

const ARRAYS: Readonly<Record<string, new (values: readonly number[]) => VolumeData>> = {
  int16: Int16Array,
  uint8: Uint8Array,
  float32: Float32Array,
};

/** Files whose end is not that of the voxels which are read: a cut there changes nothing, or nothing that could be seen. */
const LOOSE_END =
  /bytes after|-1$|scan parameters|frame 0,? (gzip|packed)|as text|texts|longer files|to spare|more than there|4-D (LIST|pattern)|time as|by two/;

/**
 * Cases as `testFormat` takes them: those of frame 0, or of one frame.
 *
 * @param cut gives the part of a main file that must not be cut
 */
export function asFormatFiles(
  cases: readonly FormatCase[],
  cut: (bytes: Uint8Array, entry: FormatCase) => Uint8Array = (bytes) => bytes,
): readonly FormatFile[] {
  return cases.flatMap((entry) => {
    const array = ARRAYS[entry.dtype ?? ""];
    if (entry.kind || LOOSE_END.test(entry.name) || (entry.frame ?? 0) > 0 || !array) return [];
    const files = filesOf(entry);
    const companions = Object.fromEntries([...files].filter(([name]) => name !== entry.main));
    const volume = new Volume({
      shape: entry.shape!,
      data: new array(entry.values!),
      affine: entry.affine!,
    });
    return [
      {
        name: entry.main,
        bytes: cut(files.get(entry.main)!, entry),
        ...(Object.keys(companions).length > 0 ? { companions } : {}),
        ...(entry.frames ? { frames: entry.frames } : {}),
        volume,
      },
    ];
  });
}
