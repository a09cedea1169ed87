import { describe, expect, test } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { MidashError } from "../../base/errors/index.ts";
import { encodeVolume, nifti, type VolumeFormat } from "../../imaging/formats/index.ts";
import { type Affine, Volume } from "../../imaging/volume/index.ts";
import type { ContractReport } from "./checks.ts";
import { type FormatCheckName, testFormat } from "./test-format.ts";

const HEADER = 4 + 3 * 2 + 16 * 4;
const bad = (kind: MidashError["kind"], what: string) => new MidashError(kind, what, { where: "toy" });

/** "TOY1", three uint16 of shape, 16 float32 of affine, float32 voxels. */
const toy: VolumeFormat = {
  name: "toy",
  extensions: [".toy"],
  sniff: (head) => new TextDecoder("latin1").decode(head.subarray(0, 4)) === "TOY1",
  async read({ bytes }, { limits, frame = 0, signal } = {}) {
    if (signal?.aborted) throw bad("aborted", "cancelled");
    if (frame !== 0) throw bad("invalid-argument", "it has one frame");
    if (bytes.length < HEADER) throw bad("invalid-file", "truncated");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const shape = [4, 6, 8].map((at) => view.getUint16(at, true)) as [number, number, number];
    const affine = Array.from({ length: 16 }, (_, i) => view.getFloat32(10 + 4 * i, true));
    const count = shape[0] * shape[1] * shape[2];
    if (count > (limits?.maxVoxels ?? 2 ** 29)) throw bad("limit", "too many voxels");
    if (bytes.length !== HEADER + 4 * count) throw bad("invalid-file", "another length");
    const data = Float32Array.from({ length: count }, (_, i) => view.getFloat32(HEADER + 4 * i, true));
    return new Volume({ shape, data, affine: affine as unknown as Affine });
  },
  async write(volume, { name = "volume.toy", signal } = {}) {
    if (signal?.aborted) throw bad("aborted", "cancelled");
    const bytes = new Uint8Array(HEADER + 4 * volume.size);
    bytes.set(new TextEncoder().encode("TOY1"));
    const view = new DataView(bytes.buffer);
    for (const [d, n] of volume.shape.entries()) view.setUint16(4 + 2 * d, n, true);
    for (const [i, v] of volume.affine.entries()) view.setFloat32(10 + 4 * i, v, true);
    for (const [i, v] of volume.values().entries()) view.setFloat32(HEADER + 4 * i, v, true);
    return new Map([[name, bytes]]);
  },
};

/** The header in one file, the voxels in another. */
const pair: VolumeFormat = {
  name: "pair",
  extensions: [".head"],
  sniff: toy.sniff,
  async read(source, options) {
    const voxels = await source.companion?.("volume.voxels");
    if (!voxels) throw bad("not-found", "volume.voxels is missing");
    if (source.bytes.length !== HEADER) throw bad("invalid-file", "another length");
    return toy.read({ bytes: Uint8Array.from([...source.bytes, ...voxels]) }, options);
  },
  async write(volume, options) {
    const [bytes] = [...(await toy.write!(volume, options)).values()];
    return new Map([
      ["volume.head", bytes!.slice(0, HEADER)],
      ["volume.voxels", bytes!.slice(HEADER)],
    ]);
  },
};

const report = (given: ContractReport) =>
  Object.fromEntries(given.checks.map((c) => [c.name, c.skipped ?? (c.passed ? "passed" : "failed")]));

describe("formats that keep the contract", () => {
  test("nifti, with a 4-D file and gzip", async () => {
    const shape = [3, 4, 10] as const;
    const volume = new Volume({ shape, data: Int16Array.from({ length: 120 }, (_, i) => i) });
    const bytes = await encodeVolume(volume, { format: "nifti" });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setInt16(40, 4, true); // two frames of five slices
    view.setInt16(46, 5, true);
    view.setInt16(48, 2, true);
    const first = new Volume({ shape: [3, 4, 5], data: volume.data.slice(0, 60) });
    const files = [
      { name: "two.nii", bytes, frames: 2, volume: first },
      { name: "one.nii.gz", bytes: await encodeVolume(volume, { format: "nifti", gzip: true }), volume },
    ];
    const checks = report(await testFormat(nifti, { files }));
    expect(new Set(Object.values(checks))).toEqual(new Set(["passed"]));
    expect(Object.keys(checks)).toEqual(Object.keys(BROKEN));
  });

  test("a format of one's own, in one file and in two", async () => {
    for (const format of [toy, pair]) {
      const { files, ...others } = report(await testFormat(format));
      expect(files).toBe("no files were given");
      expect(new Set(Object.values(others)), format.name).toEqual(new Set(["passed"]));
    }
  });

  test("one that is only read needs files", async () => {
    const { write: _, ...reader } = toy;
    const without = report(await testFormat(reader));
    expect(without.truncated).toBe("the format can't be written, and no files were given");
    const volume = new Volume({ shape: [1, 2, 2], data: Float32Array.of(1, 2, 3, 4) });
    const bytes = (await toy.write!(volume)).get("volume.toy")!;
    const checks = report(await testFormat(reader, { files: [{ name: "one.toy", bytes, volume }] }));
    expect(checks).toMatchObject({
      files: "passed",
      truncated: "passed",
      roundTrip: "the format can't be written",
    });
  });
});

/** A format that reads as `change` says. */
const reading = (
  change: (...given: Parameters<VolumeFormat["read"]>) => ReturnType<VolumeFormat["read"]>,
) => ({
  ...toy,
  read: change,
});

/** For each check a format that breaks just what it is about. */
const BROKEN: Readonly<Record<FormatCheckName, VolumeFormat>> = {
  description: { ...toy, extensions: ["toy"] },
  sniff: { ...toy, sniff: (head) => head.length > 3 && head[0]! > 64 },
  // ITK's axes taken for RAS.
  roundTrip: reading(async (source, options) => {
    const volume = await toy.read(source, options);
    const affine = volume.affine.map((v, i) => (i < 8 ? -v : v)) as unknown as Affine;
    return volume.with({ affine });
  }),
  files: nifti,
  // Swaps bytes where they are.
  repeatable: reading(async (source, options) => {
    const volume = await toy.read(source, options);
    source.bytes.subarray(HEADER).reverse();
    return volume;
  }),
  // Takes a short file for one that ends in zeros.
  truncated: reading(({ bytes }, options) => {
    const whole = new Uint8Array(Math.max(bytes.length, HEADER + 240));
    whole.set(bytes);
    return toy.read({ bytes: whole }, options);
  }),
  // Its errors are those of the engine.
  damaged: reading(async (source, options) =>
    toy.read(source, options).catch((error: MidashError) => {
      if (source.bytes.length === HEADER + 240 && error.kind === "invalid-file")
        throw new RangeError("offset");
      throw error;
    }),
  ),
  limits: reading((source, options) => toy.read(source, { ...options, limits: {} })),
  frames: reading((source, options) => toy.read(source, { ...options, frame: 0 })),
  signal: reading((source, options) => toy.read(source, { ...options, signal: undefined })),
};

describe("a broken format fails the check that is about it, and no other", () => {
  test.each(Object.entries(BROKEN))("%s", async (name, format) => {
    const options = name === "files" ? { files: [await wrongFile()] } : {};
    const error = await errorOf(testFormat(format, options));
    const failed = (error.cause as ContractReport).checks.filter((c) => !c.passed && !c.skipped);
    expect(failed.map((c) => `${c.name}: ${c.detail}`)).toEqual([
      expect.stringMatching(`^${name}: expected .*; found .*; .*\\.$`),
    ]);
  });
});

/** A file that does not hold what it is said to hold. */
async function wrongFile() {
  const volume = new Volume({ shape: [2, 1, 1], data: Int16Array.of(1, 2) });
  const bytes = await encodeVolume(volume, { format: "nifti" });
  return { name: "one.nii", bytes, volume: volume.with({ data: Int16Array.of(1, 3) }) };
}
