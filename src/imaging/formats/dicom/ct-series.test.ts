import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import { madeSeries } from "../../../../test/support/made-dicom.ts";
import type { Warning } from "../../../base/errors/index.ts";
import { reorient, sameGrid, Volume } from "../../volume/index.ts";
import type { Source } from "../format.ts";
import { coordinate, ds, length } from "./ct-attributes.ts";
import { type CtSeriesOptions, dicom, encodeCtSeries } from "./index.ts";

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/dicom/", import.meta.url));
const load = (path: string): Source => ({
  name: path,
  bytes: new Uint8Array(readFileSync(join(fixtures, path))),
});
const source = readdirSync(join(fixtures, "mr")).map((file) => load(`mr/${file}`));
const mr = await dicom.readFiles!(source);
const options: CtSeriesOptions = {
  source,
  model: "unet of a test",
  seed: 7,
  date: new Date(2026, 0, 2, 3, 4, 5),
};

/** A synthetic CT on the MR's grid. */
function synthetic(init: Partial<Volume> = {}): Volume {
  const data = Float32Array.from(mr.data, (v, i) => v - 1500 + (i % 3) / 4);
  return mr.with({ data, unit: "HU", ...init });
}

async function again(files: ReadonlyMap<string, Uint8Array>): Promise<Volume> {
  return dicom.readFiles!([...files].map(([name, bytes]) => ({ name, bytes })).reverse());
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

describe("encodeCtSeries", () => {
  it("reads back to the same voxels on the same grid", async () => {
    const sct = synthetic();
    const read = await again(await encodeCtSeries(sct, options));
    expect([...read.data]).toEqual([...sct.data].map(Math.round));
    expect(sameGrid(read, sct, 1e-6)).toBe(true);
    expect([read.unit, read.simulated, read.meta.modality]).toEqual(["HU", false, "CT"]);
    expect(read.meta.frameOfReferenceUID).toBe(mr.meta.frameOfReferenceUID);
  });

  it("does so for any grid, type and scaling", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          shape: fc.tuple(
            fc.integer({ min: 1, max: 4 }),
            fc.integer({ min: 1, max: 4 }),
            fc.integer({ min: 2, max: 5 }),
          ),
          spacing: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.3, max: 6, noNaN: true }))),
          angles: fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -3.1, max: 3.1, noNaN: true }))),
          mirror: fc.boolean(),
          slope: fc.constantFrom(1, 0.5, -2, 3),
          seed: fc.integer(),
        }),
        async ({ shape, spacing, angles, mirror, slope, seed }) => {
          const rotation = rotate(angles as [number, number, number]);
          const scale = [spacing[0]! * (mirror ? -1 : 1), spacing[1]!, spacing[2]!];
          const affine = [0, 1, 2].flatMap((r) => [
            ...[0, 1, 2].map((c) => rotation[3 * r + c]! * scale[c]!),
            0,
          ]);
          const volume = new Volume({
            shape,
            data: Int16Array.from(
              { length: shape[0] * shape[1] * shape[2] },
              (_, i) => ((seed * (i + 7)) % 1000) | 0,
            ),
            affine: [...affine, 0, 0, 0, 1],
            scaling: { slope, intercept: -10 },
            unit: "HU",
          });
          // Centred on the source, so that it is believed to be of it.
          const centred = volume.with({ affine: moved(volume, mr) });
          const read = reorient(await again(await encodeCtSeries(centred, options)), "RAS");
          const want = reorient(centred, "RAS");
          expect([...read.values()]).toEqual([...want.values()].map((v) => Math.round(v) + 0));
          expect(sameGrid(read, want, 1e-8)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("says what it is, and keeps patient, study and frame of reference", async () => {
    const files = await encodeCtSeries(synthetic(), { ...options, seriesDescription: "pelvis" });
    expect([...files.keys()]).toEqual(["CT0001.dcm", "CT0002.dcm", "CT0003.dcm", "CT0004.dcm", "CT0005.dcm"]);
    const text = textOf(files.get("CT0001.dcm")!);
    const original = textOf(load("mr/a.dcm").bytes);
    for (const kept of ["M\xfcller^Made Up", "NOBODY-1", "ACC77", "19700102", "ISO_IR 100"]) {
      expect(original).toContain(kept);
      expect(text).toContain(kept); // byte for byte
    }
    for (const said of [
      "DERIVED\\SECONDARY\\AXIAL",
      "SYNTHETIC CT (not for diagnosis) pelvis",
      "Synthetic CT computed from MR by the model unet of a test with @midash/core. Not measured by a CT scanner",
      String(mr.meta.frameOfReferenceUID),
      String(mr.meta.seriesInstanceUID),
      "20260102",
    ])
      expect(text).toContain(said);
    expect(text).not.toContain("Nowhere Hospital");
  });

  it("gives the CT a frame of reference of its own where the MR names none, and says so", async () => {
    const nameless = source.map(({ name, bytes }) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt16LE(0x50, copy.indexOf(Buffer.from([0x20, 0, 0x52, 0])) + 2); // (0020,0052) becomes another element
      return { name, bytes: new Uint8Array(copy) };
    });
    expect((await dicom.readFiles!(nameless)).meta.frameOfReferenceUID).toBeUndefined();
    const warnings: Warning[] = [];
    const onWarning = (warning: Warning) => warnings.push(warning);
    const files = await encodeCtSeries(synthetic(), { ...options, source: nameless, onWarning });
    expect(warnings).toEqual([
      expect.objectContaining({ code: "frame-of-reference", where: expect.stringMatching(/^mr\//) }),
    ]);
    const uid = (await again(files)).meta.frameOfReferenceUID;
    expect(uid).toMatch(/^2\.25\.\d+$/);
    const text = textOf(files.get("CT0001.dcm")!);
    expect(text).toContain("The MR names no frame of reference: this one is new.");
    expect(textOf(files.get("CT0005.dcm")!)).toContain(String(uid));
  });

  it("warns where the MR does not say how the patient lay, and of nothing where it says all", async () => {
    const of = async (PatientPosition: string | null) => {
      const codes: string[] = [];
      const slices = madeSeries(5, { changes: () => ({ Modality: "MR", PatientPosition }) });
      const sct = (await dicom.readFiles!(slices)).with({ unit: "HU" });
      const files = await encodeCtSeries(sct, { source: slices, onWarning: ({ code }) => codes.push(code) });
      return { codes, written: elementText(files.get("CT0001.dcm")!, 0x0018, 0x5100) };
    };
    expect(await of("HFP")).toEqual({ codes: [], written: "HFP" });
    expect(await of(null)).toEqual({ codes: ["patient-position"], written: "" });
  });

  it("writes a millimetre as 1 and a right angle as 0, whatever floats made of them", async () => {
    const slices = madeSeries(3, { changes: () => ({ PixelSpacing: "1\\1" }) });
    const read = await dicom.readFiles!(slices);
    const noise = 6.1e-17;
    const affine = [
      ...[-0.99999999999999, noise, -noise, 10.000000000000002],
      ...[noise, -1, noise, 20],
      ...[0, noise, 2.0000000000000004, 30],
      ...[0, 0, 0, 1],
    ];
    const files = await encodeCtSeries(read.with({ affine, unit: "HU" }), { source: slices });
    const text = (group: number, element: number) =>
      [...files.values()].map((bytes) => elementText(bytes, group, element));
    expect(text(0x0028, 0x0030)).toEqual(["1\\1", "1\\1", "1\\1"]);
    expect(text(0x0018, 0x0050)).toEqual(["2", "2", "2"]);
    expect(text(0x0018, 0x0088)).toEqual(["2", "2", "2"]);
    expect(text(0x0020, 0x0037)[0]).toBe("1\\0\\0\\0\\1\\0");
    expect(text(0x0020, 0x0032)).toEqual([30, 32, 34].map((z) => `-10\\-20\\${z}`));
    expect(text(0x0020, 0x1041)).toEqual(["30", "32", "34"]);
  });

  it("leaves nothing of the patient when it anonymises, and replaces UIDs alike", async () => {
    const files = [...(await encodeCtSeries(synthetic(), { ...options, anonymise: true })).values()];
    for (const bytes of files) {
      const text = textOf(bytes);
      for (const gone of [
        "M\xfcller",
        "NOBODY",
        "ACC77",
        "19700102",
        "20200304",
        "Doctor",
        "Nowhere",
        String(mr.meta.frameOfReferenceUID),
        String(mr.meta.seriesInstanceUID),
        "20260102",
      ])
        expect(text).not.toContain(gone);
      expect(text).toMatch(/ANON\^\d{10}.*ANON-\d{10}.*YES/s);
    }
    const read = await again(new Map(files.map((bytes, n) => [`${n}.dcm`, bytes])));
    const other = await again(await encodeCtSeries(synthetic(), { ...options, anonymise: true, model: "b" }));
    expect(read.meta.frameOfReferenceUID).toBe(other.meta.frameOfReferenceUID);
    expect(read.meta.seriesInstanceUID).not.toBe(other.meta.seriesInstanceUID);
  });

  it("gives the same bytes for one seed, new UIDs for other voxels and without a seed", async () => {
    const one = await encodeCtSeries(synthetic(), options);
    expect(await encodeCtSeries(synthetic(), options)).toEqual(one);
    const uidOf = async (sct: Volume, more = {}) =>
      (await again(await encodeCtSeries(sct, { ...options, ...more }))).meta.seriesInstanceUID;
    const uids = await Promise.all([
      uidOf(synthetic()),
      uidOf(synthetic({ data: Float32Array.from(mr.data) })),
      uidOf(synthetic(), { seed: undefined }),
      uidOf(synthetic(), { seed: undefined }),
    ]);
    expect(new Set(uids).size).toBe(4);
    for (const uid of uids) expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
  });

  it("turns slices when asked, and marks what was simulated", async () => {
    const read = await again(
      await encodeCtSeries(synthetic({ simulated: true }), { ...options, orientation: "SAR" }),
    );
    expect(read.simulated).toBe(true);
    const want = reorient(synthetic(), "RAS");
    expect([...reorient(read, "RAS").data]).toEqual([...want.data].map(Math.round));
  });

  it("says of a model that saw no patient what it was trained on: where people and programs look", async () => {
    const long = { ...options, seriesDescription: "a description that is much too long for it" };
    for (const [trainedOn, description] of [
      ["phantoms", "SYNTHETIC CT (not for diagnosis) PHANTOM MODEL a description that"],
      ["simulated heads", "SYNTHETIC CT (not for diagnosis) SIM-TRAINED a description that is"],
      ["patients", "SYNTHETIC CT (not for diagnosis) a description that is much too l"],
    ] as const) {
      const files = await encodeCtSeries(synthetic({ trainedOn }), long);
      const read = await again(files);
      expect([read.trainedOn, read.simulated, read.meta.seriesDescription]).toEqual([
        trainedOn,
        false,
        description.slice(0, 64).trim(),
      ]);
      expect(textOf(files.get("CT0001.dcm")!)).toContain(`The model was trained on ${trainedOn}.`);
    }
  });

  it("clips to 16 bits, and says so", async () => {
    const data = Float32Array.from(mr.data, (_, i) => (i === 0 ? 1e6 : i === 1 ? -1e6 : 5));
    const files = await encodeCtSeries(synthetic({ data }), options);
    expect([...(await again(files)).data.subarray(0, 3)]).toEqual([32767, -32768, 5]);
    expect(textOf(files.get("CT0001.dcm")!)).toContain("2 voxels are clipped to 16 bits");
  });

  it("refuses what would be no CT of this patient", async () => {
    const shear = [...mr.affine];
    shear[2]! += 0.3;
    const far = [...mr.affine];
    far[3]! += 500;
    for (const [sct, kind, says] of [
      [synthetic({ unit: "arbitrary" }), "invalid-argument", /HU/],
      [synthetic({ affine: shear }), "unsupported", /sheared/],
      [synthetic({ affine: far }), "invalid-argument", /outside the source/],
      [synthetic({ data: new Float32Array(mr.size).fill(Number.NaN) }), "invalid-argument", /no number/],
    ] as const) {
      const error = await errorOf(encodeCtSeries(sct, options));
      expect([error.kind, says.test(error.message)], error.message).toEqual([kind, true]);
    }
    for (const wrong of [{ source: [] }, { model: 3 }, { seriesNumber: 0.5 }, { date: new Date(Number.NaN) }])
      expect((await errorOf(encodeCtSeries(synthetic(), { ...options, ...(wrong as object) }))).kind).toBe(
        "invalid-argument",
      );
    const signal = AbortSignal.abort();
    expect((await errorOf(encodeCtSeries(synthetic(), { ...options, signal }))).kind).toBe("aborted");
  });
});

describe("decimal strings", () => {
  it("of lengths have ten digits, of coordinates ten decimals", () => {
    expect([0.99999999999999, 1.0000000000000002, 0.9375, 1 / 3].map(length)).toEqual([
      "1",
      "1",
      "0.9375",
      "0.3333333333",
    ]);
    expect([6.1e-17, -6.1e-17, -1, -123.45678901234567, 1 / 3].map(coordinate)).toEqual([
      "0",
      "0",
      "-1",
      "-123.4567890123",
      "0.3333333333",
    ]);
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (mm) => {
        expect(Math.abs(Number(length(mm)) - mm)).toBeLessThanOrEqual(1e-9 * mm);
      }),
    );
  });

  it("have 16 characters at most and all digits that fit", () => {
    expect([0, -0, 1, -0.1, 1e-7, 123456789.1234567, -1 / 3].map(ds)).toEqual([
      "0",
      "0",
      "1",
      "-0.1",
      "1e-7",
      "123456789.123457",
      "-0.3333333333333",
    ]);
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (x) => {
        expect(ds(x).length).toBeLessThanOrEqual(16);
        expect(Math.abs(Number(ds(x)) - x)).toBeLessThanOrEqual(1e-7 * Math.abs(x));
      }),
    );
  });
});

/** The text of an element with two bytes of length. */
function elementText(bytes: Uint8Array, group: number, element: number): string {
  const tag = Buffer.alloc(4);
  tag.writeUInt16LE(group);
  tag.writeUInt16LE(element, 2);
  const at = Buffer.from(bytes).indexOf(tag);
  expect(at).toBeGreaterThan(0);
  return textOf(bytes.subarray(at + 8, at + 8 + bytes[at + 6]! + 256 * bytes[at + 7]!)).trim();
}

function rotate([a, b, c]: readonly [number, number, number]): number[] {
  const [ca, sa, cb, sb, cc, sc] = [
    Math.cos(a),
    Math.sin(a),
    Math.cos(b),
    Math.sin(b),
    Math.cos(c),
    Math.sin(c),
  ];
  return [
    cb * cc,
    sa * sb * cc - ca * sc,
    ca * sb * cc + sa * sc,
    cb * sc,
    sa * sb * sc + ca * cc,
    ca * sb * sc - sa * cc,
    -sb,
    sa * cb,
    ca * cb,
  ];
}

/** The affine of `volume`, with its first voxel at the middle of `on`. */
function moved(volume: Volume, on: Volume): number[] {
  const [x, y, z] = [0, 1, 2].map(
    (r) =>
      on.affine[4 * r + 3]! +
      [0, 1, 2].reduce((sum, c) => sum + (on.affine[4 * r + c]! * (on.shape[c]! - 1)) / 2, 0),
  );
  const out = [...volume.affine];
  [out[3], out[7], out[11]] = [x!, y!, z!];
  return out;
}
