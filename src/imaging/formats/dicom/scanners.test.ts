/** Series of real scanners in ../shared, whose right values dcm2niix 1.0.20260724 gave: in RAS order, sums of all voxels and of the lower halves along z, x and y. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { csaHeader, madeSlice } from "../../../../test/support/made-dicom.ts";
import { reorient, type Volume } from "../../volume/index.ts";
import { decodeVolume } from "../index.ts";
import { dicom } from "./index.ts";

const shared = fileURLToPath(new URL("../../../../../shared/data/dicom_mr/", import.meta.url));
const missing = !existsSync(shared);
const why = missing ? " (skipped: ../shared/data/dicom_mr is absent)" : "";

const bytesOf = (path: string) => new Uint8Array(readFileSync(join(shared, path)));
const read = async (folder: string, frame?: number) => {
  const files = readdirSync(join(shared, folder)).map((name) => ({
    name,
    bytes: bytesOf(`${folder}/${name}`),
  }));
  return reorient(await dicom.readFiles!(files, { frame }), "RAS");
};

function sums(volume: Volume): number[] {
  const [nx, ny, nz] = volume.shape;
  const values = volume.values();
  const out = [0, 0, 0, 0];
  for (let k = 0, v = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++)
        for (const [n, counts] of [true, k < nz >> 1, i < nx >> 1, j < ny >> 1].entries())
          if (counts) out[n]! += values[v]!;
  return out;
}

const near = (affine: readonly number[], want: readonly number[]) =>
  Math.max(...want.map((v, n) => Math.abs(v - affine[n]!)));

describe.skipIf(missing)(`series of scanners${why}`, () => {
  it("a mosaic of Siemens, two time points", async () => {
    const want = [
      [38036663, 13977843, 19298054, 26202451],
      [38059774, 15361332, 20581313, 24124113],
    ];
    for (const [frame, numbers] of want.entries()) {
      const volume = await read("siemens_mosaic", frame);
      expect(volume.shape).toEqual([64, 64, 35]);
      expect(sums(volume)).toEqual(numbers);
      const affine = [3.25, 0, 0, -100.75, 0, 3.231, -0.3888, -58.6843, 0, 0.351, 3.5789, -84.798];
      expect(near(volume.affine, affine)).toBeLessThan(1e-3);
      expect(volume.meta.frameTimes).toEqual([0, expect.closeTo(3, 1)]);
    }
  });

  it("an enhanced image of Siemens XA, four time points", async () => {
    const want = [
      [2516181, 1253365, 1186775, 1442410],
      [2501204, 1246234, 1179839, 1433932],
      [2494742, 1243209, 1176999, 1430563],
      [2489522, 1240649, 1174302, 1427546],
    ];
    for (const [frame, numbers] of want.entries()) {
      const volume = await read("siemens_xa_enhanced", frame);
      expect([volume.shape, sums(volume)]).toEqual([[64, 64, 6], numbers]);
      const affine = [3.375, 0, 0, -102.835, 0, 3.375, 0, -154.1477, 0, 0, 2.4, -5.4031];
      expect(near(volume.affine, affine)).toBeLessThan(1e-3);
      expect(volume.meta.frameTimes).toEqual([0, 0.5, 1, 1.5]);
    }
  });

  it("one scan of Philips, classic and enhanced", async () => {
    const [classic, enhanced] = [await read("philips_classic"), await read("philips_enhanced")];
    expect(classic.values()).toEqual(enhanced.values());
    expect(near(classic.affine, enhanced.affine)).toBeLessThan(1e-5);
    const theirs = reorient(await decodeVolume(bytesOf("philips_classic_dcm2niix.nii.gz")), "RAS");
    const values = theirs.values();
    expect(classic.values().every((v, i) => Math.abs(v - values[i]!) < 1e-3)).toBe(true);
    expect(near(classic.affine, theirs.affine)).toBeLessThan(1e-4);
  });
});

describe("a mosaic", () => {
  /** 5 slices of 4 × 3 voxels in 3 × 3 tiles; voxel (i, j, k) is 100 k + 10 j + i. */
  const mosaic = (changes = {}) => {
    const pixels = new Int16Array(12 * 9);
    for (let k = 0; k < 5; k++)
      for (let j = 0; j < 3; j++)
        for (let i = 0; i < 4; i++)
          pixels[12 * (3 * Math.floor(k / 3) + j) + 4 * (k % 3) + i] = 100 * k + 10 * j + i;
    return {
      name: "mosaic.dcm",
      bytes: madeSlice(0, {
        Modality: "MR",
        ImageType: "ORIGINAL\\PRIMARY\\M\\MOSAIC",
        SpacingBetweenSlices: "2.5",
        SiemensMrCreator: "SIEMENS MR HEADER",
        SiemensMosaicCount: 5,
        Rows: 9,
        Columns: 12,
        PixelData: new Uint8Array(pixels.buffer),
        ...changes,
      }),
    };
  };

  it("is split into its slices, each where it lies", async () => {
    const volume = await dicom.read(mosaic());
    expect(volume.shape).toEqual([4, 3, 5]);
    expect(Array.from(volume.data)).toEqual(
      Array.from({ length: 60 }, (_, v) => 100 * Math.floor(v / 12) + 10 * (Math.floor(v / 4) % 3) + (v % 4)),
    );
    // The stated corner (-10, -20, 30) is that of 12 × 9 pixels of 0.5 × 0.75 mm: a tile of 4 × 3 lies 2 and 2.25 mm further in.
    expect(near(volume.affine, [-0.5, 0, 0, 8, 0, -0.75, 0, 17.75, 0, 0, 2.5, 30])).toBeLessThan(1e-9);
  });

  it("follows the count and the normal of its CSA header", async () => {
    const csa = csaHeader({
      EchoLinePosition: ["32", ""],
      NumberOfImagesInMosaic: ["5"],
      SliceNormalVector: ["0.0", "0.0", "-1.0"],
    });
    const changes = {
      SiemensMosaicCount: null,
      SiemensCsaCreator: "SIEMENS CSA HEADER",
      SiemensCsaHeader: csa,
    };
    const volume = await dicom.read(mosaic(changes));
    // Slice 4 is the lowest then, and comes first along row × column.
    expect([volume.data[0], volume.affine[11]]).toEqual([400, 20]);
    for (const end of [3, 12, 20, 99]) {
      const cut = dicom.read(mosaic({ ...changes, SiemensCsaHeader: csa.slice(0, end) }));
      await expect(cut).rejects.toThrow("does not state how many");
    }
  });

  it.each([
    [{ SiemensMosaicCount: null }, "does not state how many"],
    [{ SiemensMosaicCount: 10 }, "does not divide into 4×4 slices"],
    [{ SpacingBetweenSlices: null, SliceThickness: null }, "without SpacingBetweenSlices"],
  ])("%j is refused", async (changes, says) => {
    await expect(dicom.read(mosaic(changes))).rejects.toThrow(says);
  });
});
