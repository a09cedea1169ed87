import { describe, expect, it } from "vitest";
import { madeSeries } from "../../../test/support/made-dicom.ts";
import { encodeVolume, metaimage, phantomSubject } from "../../index.ts";
import { FileShelf, type GivenFile } from "./file-shelf.ts";

const blob = (bytes: Uint8Array) => new Blob([bytes as BlobPart]);
const given = (files: ReadonlyMap<string, Uint8Array>, folder = ""): GivenFile[] =>
  [...files].map(([name, bytes]) => ({ name: `${folder}${name}`, content: blob(bytes) }));

describe("FileShelf", () => {
  it("lists files of any format, series of DICOM, and what is neither; reads each when it is asked for", async () => {
    const { inputs } = await phantomSubject({ shape: [24, 28, 20], spacing: [8, 8, 8], seed: 1 });
    const mr = inputs.t1!;
    const pair = (await metaimage.write!(mr, { name: "mr.mhd" })) as ReadonlyMap<string, Uint8Array>;
    const shelf = await FileShelf.open([
      { name: "a/mr.nii.gz", content: await encodeVolume(mr, { format: "nifti", gzip: true }) },
      ...given(pair, "b/"),
      ...madeSeries(5).map(({ name, bytes }) => ({ name: `c/${name}`, content: blob(bytes) })),
      { name: "readme.txt", content: blob(new TextEncoder().encode("hello")) },
    ]);
    expect(shelf.volumes).toMatchObject([
      { name: "a/mr.nii.gz", format: "nifti", files: 1 },
      { name: "b/mr.mhd", format: "metaimage", files: 1 },
      { format: "dicom", modality: "CT", shape: [10, 8, 5], files: 5 },
    ]);
    expect(shelf.leftOut.map(({ file }) => file).sort()).toEqual(["b/mr.raw", "readme.txt"]);

    const read = await Promise.all([0, 1, 2].map((n) => shelf.read(n, {})));
    expect(read[0]!.volume.values()).toEqual(mr.values());
    expect(read[1]!.volume.values()).toEqual(mr.values());
    expect(read[2]!.volume.values()[0]).toBeDefined();
    expect(read[2]!.volume.unit).toBe("HU");
    expect(read[0]!.window.low).toBeLessThan(read[0]!.window.high);

    const { files, warnings } = await shelf.ctSeries(read[2]!.volume, 2, { seed: 1 });
    expect(files.size).toBe(5);
    expect(warnings).toEqual([]);
    await expect(shelf.ctSeries(read[2]!.volume, 0, {})).rejects.toThrow(/is no DICOM series/);
    await expect(shelf.read(3, {})).rejects.toThrow(/outside 0 to 2/);
  });

  it("names a file that is damaged, and reads the others", async () => {
    const shelf = await FileShelf.open([
      { name: "bad.nii.gz", content: Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3) },
      ...madeSeries(3).map(({ name, bytes }) => ({ name: name!, content: bytes })),
    ]);
    expect(shelf.volumes).toHaveLength(1);
    expect(shelf.leftOut).toMatchObject([{ file: "bad.nii.gz", doubtful: true }]);
  });
});
