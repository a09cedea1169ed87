import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { MidashError } from "../errors/index.ts";
import type { Volume } from "../volume/index.ts";
import { type DecodeOptions, decodeVolume } from "./index.ts";

/** One file made by nibabel and what nibabel reads from it, or the error that it must give. See make_nifti.py. */
interface Case {
  readonly name: string;
  readonly gz: string;
  readonly shape?: readonly number[];
  readonly affine?: readonly number[];
  readonly values?: readonly number[];
  readonly scaling?: readonly [number, number];
  readonly dtype?: string;
  readonly frame?: number;
  readonly kind?: string;
  readonly says?: string;
  readonly options?: DecodeOptions;
}

const file = new URL("../../test/fixtures/nifti/cases.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };

/** The file itself, and gzipped. */
function forms(entry: Case): [string, Uint8Array][] {
  const zipped = new Uint8Array(Buffer.from(entry.gz, "base64"));
  return [
    ["plain", new Uint8Array(gunzipSync(zipped))],
    ["gzipped", zipped],
  ];
}

function expectSame(volume: Volume, entry: Case): void {
  for (const [i, expected] of entry.affine!.entries()) {
    const tolerance = 1e-6 * Math.max(1, Math.abs(expected));
    expect(Math.abs(volume.affine[i]! - expected), `affine[${i}]`).toBeLessThanOrEqual(tolerance);
  }
  if (!entry.values) return;
  expect([...volume.shape]).toEqual(entry.shape);
  const { slope, intercept } = volume.scaling;
  expect([slope, intercept]).toEqual(entry.scaling);
  expect(Array.from(volume.data as ArrayLike<number>, (v) => slope * v + intercept)).toEqual(entry.values);
  const is64 = entry.dtype === "int64" || entry.dtype === "uint64";
  expect(volume.data.constructor.name.toLowerCase()).toBe(`${is64 ? "float64" : entry.dtype}array`);
}

describe("NIfTI against nibabel", () => {
  for (const entry of cases.filter(({ kind }) => !kind))
    it(`reads ${entry.name}`, async () => {
      for (const [, bytes] of forms(entry)) {
        const before = bytes.slice();
        const volume = await decodeVolume(bytes, { frame: entry.frame });
        expectSame(volume, entry);
        expect(volume.unit).toBe("unknown");
        expect(volume.simulated).toBe(false);
        expect(bytes).toEqual(before);
      }
    });

  for (const entry of cases.filter(({ kind }) => kind))
    it(`refuses ${entry.name}`, async () => {
      for (const [, bytes] of forms(entry)) {
        const error = await decodeVolume(bytes, { ...entry.options, name: "head.nii" }).catch((e) => e);
        expect(MidashError.is(error), String(error?.stack)).toBe(true);
        expect(error.kind).toBe(entry.kind);
        expect(error.where).toBe("head.nii");
        expect(error.message).toContain(entry.says);
        expect(error.message).not.toContain("\n");
      }
    });
});
