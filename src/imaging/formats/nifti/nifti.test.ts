import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { MidashError } from "../../../base/errors/index.ts";
import { Volume } from "../../volume/index.ts";
import { type DecodeOptions, decodeVolume } from "../index.ts";

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

const file = new URL("../../../../test/fixtures/nifti/cases.json", import.meta.url);
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

describe("NIfTI under random damage", () => {
  it("gives a sane volume or a tagged error of one line, never anything else", async () => {
    let state = 7;
    const below = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 2000; round++) {
      const zipped = Buffer.from(cases[below(cases.length)]!.gz, "base64");
      let bytes = new Uint8Array(gunzipSync(zipped));
      if (bytes.length === 0) continue;
      for (let i = below(6); i >= 0; i--)
        bytes[below(Math.min(bytes.length, 560))] = [0, 127, 128, 255, below(256)][below(5)]!;
      if (below(5) === 0) bytes = bytes.slice(0, below(bytes.length));
      if (below(4) === 0) {
        bytes = new Uint8Array(gzipSync(bytes));
        if (below(3) === 0) bytes[below(bytes.length)] = below(256);
      }
      const result = await decodeVolume(bytes, { frame: below(2) === 0 ? 0 : undefined }).catch((e) => e);
      const fine = Volume.is(result)
        ? result.affine.every(Number.isFinite)
        : MidashError.is(result) && result.kind !== "internal" && !result.message.includes("\n");
      expect(fine, `round ${round}: ${result}`).toBe(true);
    }
  });
});
