import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import { testFormat } from "../../../host/testing/index.ts";
import { applyAffine } from "../../volume/index.ts";
import type { FormatReadOptions, Source } from "../format.ts";
import { decodeVolume } from "../index.ts";
import { dicom, listSeries } from "./index.ts";

/** What pydicom and SimpleITK read; see make_dicom.py. */
interface Expected {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly affine?: readonly number[];
  readonly unit: string;
}

const fixtures = fileURLToPath(new URL("../../../../test/fixtures/dicom/", import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8")) as Record<
  string,
  Expected
>;

function load(path: string): Source {
  return { name: path, bytes: new Uint8Array(readFileSync(join(fixtures, path))) };
}

/** A folder's files, or one file. */
function filesOf(name: string): Source[] {
  const folder = join(fixtures, name);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [load(`${name}.dcm`)];
  return readdirSync(folder).map((file) => load(`${name}/${file}`));
}

const read = (name: string, options?: FormatReadOptions) => dicom.readFiles!(filesOf(name), options);

describe("DICOM against pydicom and SimpleITK", () => {
  for (const [name, want] of Object.entries(expected))
    it(`reads ${name}`, async () => {
      const [folder, frame] = name.split(" ") as [string, string | undefined];
      const volume = await read(folder, frame === undefined ? {} : { frame: Number(frame) });
      expect([...volume.shape]).toEqual(want.shape);
      expect(volume.unit).toBe(want.unit);
      for (const [i, v] of (want.affine ?? volume.affine).entries())
        expect(Math.abs(volume.affine[i]! - v), `affine[${i}]`).toBeLessThan(1e-4);
      expect([...volume.values()]).toEqual(want.values.map(Math.fround));
      expect(volume.meta.resampled).toBeUndefined();
    });

  it("keeps the stored type where all slices scale alike", async () => {
    const ct = await read("implicit");
    expect([ct.data.constructor, ct.scaling]).toEqual([Int16Array, { slope: 1, intercept: -1024 }]);
    expect((await read("mr")).data).toBeInstanceOf(Uint16Array);
    expect((await read("eight-bit")).data).toBeInstanceOf(Uint8Array);
    expect((await read("slopes")).data).toBeInstanceOf(Float32Array);
    expect((await read("enhanced")).scaling).toEqual({ slope: 2, intercept: -100 });
  });

  it("reads one file: a slice, or a whole enhanced image", async () => {
    const slice = await decodeVolume(load("mr/a.dcm").bytes, { formats: [dicom] });
    expect(slice.shape).toEqual([9, 7, 1]);
    expect(slice.spacing[2]).toBeCloseTo(2.5);
    expect((await decodeVolume(load("enhanced.dcm").bytes, { formats: [dicom] })).shape).toEqual([9, 7, 4]);
    const zipped = gzipSync(load("enhanced.dcm").bytes);
    expect((await decodeVolume(zipped, { formats: [dicom] })).shape).toEqual([9, 7, 4]);
  });

  it("does not care about the order of files", async () => {
    const files = filesOf("mr");
    const one = await dicom.readFiles!(files);
    const other = await dicom.readFiles!([...files].reverse());
    expect(other.data).toEqual(one.data);
    expect(other.affine).toEqual(one.affine);
  });

  it("takes Node's Buffers, views into larger memory, and leaves all bytes alone", async () => {
    for (const name of ["mr", "big-endian", "deflated", "rle", "jpeg2000", "twelve-bit", "slopes"]) {
      const files = filesOf(name);
      const want = await dicom.readFiles!(files);
      const buffers = files.map(({ name, bytes }) => {
        const larger = Buffer.alloc(bytes.length + 7, 1);
        larger.set(bytes, 3);
        return { name, bytes: larger.subarray(3, 3 + bytes.length) };
      });
      const got = await dicom.readFiles!(buffers);
      expect([got.data, got.affine], name).toEqual([want.data, want.affine]);
      for (const [n, { bytes }] of files.entries()) expect(bytes).toEqual(load(files[n]!.name!).bytes);
      for (const [n, { bytes }] of buffers.entries()) expect(Buffer.compare(bytes, files[n]!.bytes)).toBe(0);
    }
  });

  it("says nothing of the patient", async () => {
    const { meta } = await read("mr");
    expect(Object.keys(meta).sort()).toEqual(
      [
        "format",
        "frameOfReferenceUID",
        "leftOut",
        "modality",
        "seriesDescription",
        "seriesInstanceUID",
        "sliceThickness",
      ].sort(),
    );
    expect(JSON.stringify(meta)).not.toMatch(/ller|NOBODY|1970|ACC77|Nowhere|Doctor/);
  });
});

describe("slices that are no straight grid", () => {
  /** The field of make_dicom.py, which linear interpolation keeps, at RAS points. */
  const field = ([x, y, z]: readonly [number, number, number]) => 40 * -x - 24 * -y + 10 * z;

  for (const [name, says] of [
    ["tilt", /^gantry tilt of 15\.0°$/],
    ["uneven", /^uneven spacing of 2 to 4 mm$/],
  ] as const)
    it(`resamples ${name} onto one`, async () => {
      const volume = await read(name);
      expect(volume.meta.resampled).toMatch(says);
      const outside = name === "tilt" ? -3024 : -1024;
      expect(volume.meta.paddingValue).toBe(name === "tilt" ? outside : undefined);
      const [nx, ny, nz] = volume.shape;
      let inside = 0;
      for (let k = 0; k < nz; k++)
        for (let j = 0; j < ny; j++)
          for (let i = 0; i < nx; i++) {
            const value = volume.at(i, j, k);
            if (value === outside) continue;
            inside++;
            // Half an HU comes from rounding in the files. At the edge, and beside padding, a voxel has one slice only.
            const whole = (n: number) => n >= 0 && n < ny && volume.at(i, n, k) !== outside;
            if ([j - 2, j - 1, j + 1, j + 2].every(whole) && i > 3)
              expect(Math.abs(value - field(applyAffine(volume.affine, [i, j, k])))).toBeLessThan(1.01);
          }
      expect(inside).toBeGreaterThan(0.4 * volume.size);
      const error = await errorOf(read(name, { irregular: "refuse" }));
      expect([error.kind, error.message.includes(String(volume.meta.resampled))]).toEqual([
        "unsupported",
        true,
      ]);
    });

  it("leaves thin slices' spacing", async () => {
    const volume = await read("uneven");
    expect(volume.shape).toEqual([9, 7, 11]);
    expect(volume.spacing[2]).toBeCloseTo(2);
  });
});

describe("what is refused", () => {
  for (const [name, kind, says] of [
    [
      "missing",
      "invalid-file",
      /missing slices: 2 at \(0\.0, 0\.0, 6\.0\) LPS, \(0\.0, 0\.0, 8\.0\) LPS between missing\/2\.dcm and missing\/5\.dcm; 1 at .*14\.0.* between missing\/6\.dcm and missing\/8\.dcm/,
    ],
    [
      "duplicate",
      "invalid-file",
      /duplicate slices at one position: duplicate\/2\.dcm and duplicate\/3\.dcm \(both at 4\.00 mm\)/,
    ],
    [
      "echoes",
      "unsupported",
      /holds 2 volumes \(0: echo time 4\.6, 3 slices; 1: echo time 20, 3 slices\); pass frame: 0 to 1/,
    ],
    ["enhanced-times", "unsupported", /2 volumes/],
    [
      "two-series",
      "invalid-argument",
      /2 series: 2\.25\.\d+ \(number 4, MR, "T1 a", 2 files\), 2\.25\.\d+ \(number 7, MR, "T1 b", 3 files\)/,
    ],
    ["inverted", "unsupported", /MONOCHROME1/],
    ["colour", "unsupported", /colour image \(RGB, 3 samples/],
    ["nowhere", "unsupported", /no ImagePositionPatient/],
  ] as const)
    it(`${name}: ${kind}`, async () => {
      const error = await errorOf(read(name));
      expect(error.kind).toBe(kind);
      expect(error.message).toMatch(says);
    });

  it("picks a series by UID, its beginning, number or description", async () => {
    const files = filesOf("two-series");
    const [a, b] = await listSeries(files);
    expect([a!.number, a!.files, b!.number, b!.files]).toEqual([4, 2, 7, 3]);
    for (const series of [b!.uid, b!.uid?.slice(0, 20), "7", "T1 b", "t1 B"])
      expect((await dicom.readFiles!(files, { series })).shape[2]).toBe(3);
    for (const series of ["2.25", "5", ""])
      expect((await errorOf(dicom.readFiles!(files, { series }))).kind).toBe("invalid-argument");
  });

  it("picks an echo", async () => {
    expect((await read("echoes", { frame: 1 })).meta).toMatchObject({
      frame: 1,
      frames: 2,
      frameLabel: "echo time 20",
    });
  });

  it("names the damaged file, and passes over what is none", async () => {
    const files = filesOf("mr");
    const at = files.findIndex(({ name }) => name === "mr/c.dcm");
    const cut = { name: "mr/c.dcm", bytes: files[at]!.bytes.slice(0, -20) };
    const none = { name: "mr/c.dcm", bytes: new Uint8Array(1000) };
    for (const bad of [cut, none]) {
      const error = await errorOf(dicom.readFiles!(files.map((file, n) => (n === at ? bad : file))));
      expect([error.kind, error.where]).toEqual(["invalid-file", "mr/c.dcm"]);
    }
    expect((await errorOf(dicom.readFiles!([load("mr/DICOMDIR")]))).message).toMatch(/no DICOM image/);
    expect((await errorOf(dicom.read(load("mr/DICOMDIR")))).kind).toBe("unsupported");
  });

  it("says of a file that ends before its data set begins that it does, and of none that it lacks a mark", async () => {
    const { bytes } = load("mr/c.dcm");
    const header = 144 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(140, true);
    for (const length of [132, 140, 200, header - 1, header, header + 7])
      expect((await errorOf(dicom.read({ bytes: bytes.slice(0, length) }))).message, `${length}`).toMatch(
        `the file ends within its header, after ${length} bytes; `,
      );
    const none = await errorOf(dicom.read({ bytes: new Uint8Array(200) }));
    expect(none.message).toContain("neither the mark DICM");
  });

  it("keeps limits and signals", async () => {
    await read("mr", { limits: { maxVoxels: 315 } });
    expect((await errorOf(read("mr", { limits: { maxVoxels: 314 } }))).kind).toBe("limit");
    expect((await errorOf(read("tilt", { limits: { maxVoxels: 378 } }))).kind).toBe("limit"); // what it is resampled onto
    expect((await errorOf(read("mr", { signal: AbortSignal.abort() }))).kind).toBe("aborted");
  });
});

describe("forged files", () => {
  /** A copy of a file that says it has so many rows and columns. */
  function forged(path: string, pixels: number): Uint8Array {
    const bytes = load(path).bytes.slice();
    const text = Buffer.from(bytes).toString("latin1");
    for (const tag of ["\x28\0\x10\0US\x02\0", "\x28\0\x11\0US\x02\0"])
      new DataView(bytes.buffer).setUint16(text.indexOf(tag) + 8, pixels, true);
    return bytes;
  }

  it("are refused before memory is taken", async () => {
    const before = process.memoryUsage().arrayBuffers;
    for (const path of [
      "mr/a.dcm",
      "rle/0.dcm",
      "jpeg2000/0.dcm",
      "jpeg-ls/0.dcm",
      "jpeg-lossless/0.dcm",
      "htj2k/0.dcm",
    ])
      for (const [pixels, kinds] of [
        [20_000, ["invalid-file"]],
        [65_535, ["invalid-file", "limit"]],
      ] as const) {
        const { kind } = await errorOf(dicom.read({ name: path, bytes: forged(path, pixels) }));
        expect(kinds, `${path} ${pixels}`).toContain(kind);
      }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  it("that inflate without end are cut off", async () => {
    const { bytes } = load("deflated/0.dcm");
    const text = Buffer.from(bytes).toString("latin1");
    const end = 144 + new DataView(bytes.buffer).getUint32(140, true); // of the meta information
    expect(text.slice(132, 140)).toBe("\x02\0\0\0UL\x04\0");
    const bomb = Buffer.concat([bytes.subarray(0, end), deflateRawSync(new Uint8Array(100_000_000))]);
    const options = { limits: { maxVoxels: 1000 } };
    expect((await errorOf(dicom.read({ bytes: bomb }, options))).kind).toBe("limit");
    expect((await errorOf(dicom.read({ bytes: gzipSync(new Uint8Array(100_000_000)) }, options))).kind).toBe(
      "limit",
    );
  });

  it("mosaics and doses are no slices", async () => {
    for (const [from, to, says] of [
      ["ORIGINAL\\PRIMARY\\M", "ORIGINAL\\MOSAIC   ", /mosaic/],
      ["CS\x02\0MR", "CS\x06\0RTDOSE", /dose/],
    ] as const) {
      const text = Buffer.from(load("mr/a.dcm").bytes).toString("latin1");
      expect(text).toContain(from);
      const bytes = new Uint8Array(Buffer.from(text.replace(from, to), "latin1"));
      const error = await errorOf(dicom.read({ bytes }));
      expect([error.kind, says.test(error.message)], error.message).toEqual(["unsupported", true]);
    }
  });
});

describe("contract", () => {
  it("testFormat", async () => {
    const single = [
      "mr/a.dcm",
      "implicit/0.dcm",
      "big-endian/0.dcm",
      "deflated/0.dcm",
      "rle/0.dcm",
      "jpeg2000/0.dcm",
    ];
    const files = [
      ...single,
      "jpeg-ls/0.dcm",
      "jpeg-lossless/0.dcm",
      "htj2k/0.dcm",
      "enhanced.dcm",
      "enhanced-rle.dcm",
    ];
    const report = await testFormat(dicom, {
      files: [
        ...files.map((name) => ({ name, bytes: load(name).bytes })),
        { name: "enhanced-times.dcm", bytes: load("enhanced-times.dcm").bytes, frames: 2 },
      ],
    });
    expect(report.checks.filter((check) => check.skipped).map((check) => check.name)).toEqual(["roundTrip"]);
  });
});
