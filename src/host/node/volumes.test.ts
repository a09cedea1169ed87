import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { MidashError } from "../../base/errors/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import { applyAffine, invertAffine, reorient, sameGrid, Volume } from "../../imaging/volume/index.ts";
import { readVolume, writeVolume } from "./volumes.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-volumes-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sct = new Volume({
  shape: [3, 2, 2],
  data: Int16Array.from({ length: 12 }, (_, i) => 100 * i - 500),
  affine: [-1, 0, 0, 90, 0, 0, 2, -30, 0, 3, 0, 10, 0, 0, 0, 1],
  unit: "HU",
  simulated: true,
});

describe("readVolume and writeVolume", () => {
  for (const name of [
    "sct.nii",
    "sct.nii.gz",
    "SCT.NII.GZ",
    "sct.mha",
    "sct.mhd",
    "sct.nrrd",
    "sct.nhdr",
    "sct.mgh",
    "sct.mgz",
  ])
    it(`carry ${name}`, async () => {
      const path = join(folder, name);
      await writeVolume(path, sct);
      expect(readFileSync(path)[0] === 0x1f).toBe(/\.(gz|mgz)$/i.test(name));
      const read = await readVolume(path);
      expect([read.unit, read.simulated, read.meta.name]).toEqual(["HU", true, path]);
      expect([read.data, read.affine]).toEqual([sct.data, sct.affine]);
    });

  it("find the header of a file of voxels, and pack on demand", async () => {
    const path = join(folder, "packed.mhd");
    await writeVolume(path, sct, { gzip: true });
    await writeVolume(join(folder, "plain.nhdr"), sct, { gzip: false });
    for (const voxels of ["packed.zraw", "plain.raw"])
      expect((await readVolume(join(folder, voxels))).data).toEqual(sct.data);
    expect((await errorOf(readVolume(join(folder, "absent.raw")))).kind).toBe("not-found");
  });

  it("let the caller name the unit", async () => {
    await writeVolume(join(folder, "mr.nii"), sct.with({ unit: "unknown" }));
    expect((await readVolume(join(folder, "mr.nii"))).unit).toBe("unknown");
    expect((await readVolume(join(folder, "mr.nii"), { unit: "arbitrary" })).unit).toBe("arbitrary");
  });

  it("name the file that is wrong", async () => {
    const path = join(folder, "text.nii");
    await writeFile(path, "not an image\n".repeat(100));
    const text = await errorOf(readVolume(path));
    expect([text.kind, text.where]).toEqual(["invalid-file", path]);
    const absent = await errorOf(readVolume(join(folder, "absent.nii")));
    expect([absent.kind, absent.where]).toEqual(["not-found", join(folder, "absent.nii")]);
  });

  it("list the known extensions", async () => {
    const error = await errorOf(writeVolume(join(folder, "sct.png"), sct));
    expect([error.kind, error.message]).toEqual([
      "unsupported",
      `${join(folder, "sct.png")}: no format for this extension; use one of .nii, .nii.gz, .hdr, .hdr.gz, .mha, .mhd, .nrrd, .nhdr, .mgh, .mgz`,
    ]);
  });

  it("write and read formats of several files, none outside the folder", async () => {
    const pair: VolumeFormat = {
      name: "pair",
      extensions: [".head"],
      sniff: (head) => head[0] === 0x50,
      read: async ({ bytes, companion }) => {
        const body = await companion?.(new TextDecoder().decode(bytes.subarray(1)));
        if (!body) throw new MidashError("not-found", "no body");
        return new Volume({ shape: [body.length, 1, 1], data: body.slice() });
      },
      write: async (volume, { name = "v.head" } = {}) =>
        new Map([
          [name, new TextEncoder().encode(`P${name}.body`)],
          [`${name}.body`, volume.data as Uint8Array],
        ]),
    };
    const options = { formats: [pair] };
    const path = join(folder, "v.head");
    await writeVolume(path, new Volume({ shape: [2, 1, 1], data: Uint8Array.of(4, 5) }), options);
    expect((await readdir(folder)).filter((f) => f.startsWith("v."))).toEqual(["v.head", "v.head.body"]);
    expect((await readVolume(path, options)).data).toEqual(Uint8Array.of(4, 5));
    for (const [name, kind] of [
      ["absent", "not-found"],
      ["../secret", "invalid-file"],
      ["/etc/hosts", "invalid-file"],
      ["..\\secret", "invalid-file"],
    ] as const) {
      await writeFile(path, `P${name}`);
      expect((await errorOf(readVolume(path, options))).kind).toBe(kind);
    }
  });
});

/** nibabel's or SimpleITK's reading of the last frame of each file; see make_io.py. */
interface Expected {
  readonly shape: readonly number[];
  readonly frames: number;
  readonly affine: readonly number[];
  /** Of every voxel as float64. */
  readonly sha256: string;
  readonly at: readonly (readonly [number, number])[];
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const data = join(root, "../shared/data");
const io = join(data, "io");
const missing = !existsSync(io);
const why = missing ? " (skipped: ../shared/data/io, the conformance files, is absent)" : "";

describe.skipIf(missing)(`real files against nibabel and SimpleITK${why}`, () => {
  const fixture = join(root, "test/fixtures/nifti/io.json");
  const expected = JSON.parse(readFileSync(fixture, "utf8")) as Record<string, Expected>;

  for (const [name, { shape, frames, affine, at, sha256 }] of Object.entries(expected))
    it(`reads ${name}`, async () => {
      const volume = await readVolume(join(data, name), { frame: frames - 1 });
      expect([...volume.shape]).toEqual(shape);
      for (const [i, v] of affine.entries())
        expect(Math.abs(volume.affine[i]! - v), `affine[${i}]`).toBeLessThan(1e-5 * Math.max(1, Math.abs(v)));
      const { slope, intercept } = volume.scaling;
      const values = Float64Array.from(volume.data, (v) => slope * v + intercept + 0);
      for (const [i, v] of at) expect(values[i]).toBe(v); // told first, since a hash says little
      expect(createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex")).toBe(sha256);
    });

  it("sees one world in all axis orders", async () => {
    const files = readdirSync(join(io, "orientations"));
    expect(files.length).toBe(24);
    const first = reorient(await readVolume(join(io, "orientations", files[0]!)), "RAS");
    for (const file of files.slice(1)) {
      const other = reorient(await readVolume(join(io, "orientations", file)), "RAS");
      expect(sameGrid(first, other), file).toBe(true);
      const [i, j, k] = applyAffine(invertAffine(other.affine), applyAffine(first.affine, [20, 30, 15]));
      expect(other.at(Math.round(i), Math.round(j), Math.round(k))).toBe(first.at(20, 30, 15));
      expect(
        Buffer.compare(Buffer.from(first.values().buffer), Buffer.from(other.values().buffer)),
        file,
      ).toBe(0);
    }
  });

  for (const [name, kind, says] of [
    ["complex_image.nii.gz", "unsupported", "complex64"],
    ["functional.nii", "unsupported", "pass frame: 0 to 19"],

    ["nifti1.hdr", "not-found", "there is no nifti1.img beside it"],
    ["nifti2.hdr", "not-found", "there is no nifti2.img beside it"],
    ["not-nifti.nii", "invalid-file", "not a volume"],
  ] as const)
    it(`refuses ${name}`, async () => {
      const error = await errorOf(readVolume(join(io, name)));
      expect([error.kind, error.where]).toEqual([kind, join(io, name)]);
      expect(error.message).toContain(says);
    });
});
