import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { type Affine, type Triple, Volume } from "../../imaging/volume/index.ts";
import { readMask, writeVolume } from "./index.ts";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/structures/", import.meta.url));
const slice = fileURLToPath(new URL("../../../test/fixtures/dicom/eight-bit/0.dcm", import.meta.url));
let folder = "";
let like: Volume;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-masks-"));
  const expected = JSON.parse(await readFile(`${fixtures}expected.json`, "utf8")) as Record<
    string,
    { readonly grid: { readonly shape: Triple; readonly affine: Affine } }
  >;
  const { shape, affine } = expected["axial.dcm"]!.grid;
  like = new Volume({ shape, affine, data: new Int16Array(shape[0] * shape[1] * shape[2]) });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const size = (mask: Volume) => mask.data.filter((v) => v === 1).length;

describe("readMask", () => {
  it("reads a structure by name or number, of a file or of the folder that holds it beside images", async () => {
    const ring = await readMask(`Ring@${fixtures}axial.dcm`, { like });
    expect([ring.shape, ring.meta.structure]).toEqual([like.shape, "Ring"]);
    const images = join(folder, "with@images");
    await mkdir(images);
    await copyFile(slice, join(images, "0.dcm"));
    await copyFile(`${fixtures}axial.dcm`, join(images, "rs.dcm"));
    for (const path of [`1@${fixtures}axial.dcm`, `Ring@${images}`])
      expect((await readMask(path, { like })).data).toEqual(ring.data);
    expect((await readMask(`${fixtures}fractional.dcm`, { like })).meta.structure).toBe("Soft");
    expect((await errorOf(readMask(images, { like }))).message).toMatch(
      /rs\.dcm: holds 12 structures: Ring \(1\), /,
    );
    await copyFile(`${fixtures}binary.dcm`, join(images, "seg.dcm"));
    expect((await errorOf(readMask(`Ring@${images}`, { like }))).message).toMatch(
      /with@images: holds 2 RTSTRUCT or SEG: .*rs\.dcm, .*seg\.dcm; give the path of one file/,
    );
  });

  it("reads a volume as it is, and one label of a label map", async () => {
    const data = Uint8Array.from({ length: 27 }, (_, n) => n % 3);
    const file = join(folder, "labels.nii.gz");
    await writeVolume(file, new Volume({ shape: [3, 3, 3], data }));
    expect((await readMask(file, { like })).data).toEqual(data);
    const two = await readMask(`2@${file}`, { like });
    expect([size(two), two.data[2], two.meta.label]).toEqual([9, 1, 2]);
    expect((await errorOf(readMask(`7@${file}`, { like }))).message).toBe(
      `${file}: no voxel has label 7; there are: 0, 1, 2`,
    );
    expect((await errorOf(readMask(`Brain@${file}`, { like }))).message).toContain(
      "has no names: it is no RTSTRUCT or SEG, but NIfTI-1",
    );
    expect((await errorOf(readMask("Brain@absent.dcm", { like }))).message).toMatch(
      /^absent.dcm: no such file/,
    );
    await writeFile(join(folder, "a@b.txt"), "");
    expect((await errorOf(readMask(join(folder, "a@b.txt"), { like }))).message).toMatch(/a@b\.txt: /);
  });
});
