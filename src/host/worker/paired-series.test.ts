import { expect, it } from "vitest";
import { madeSlice } from "../../../test/support/made-dicom.ts";
import { pairedDataset } from "./paired-files.ts";

const MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4";
const slices = (folder: string, modality: "MR" | "CT", uid: string) =>
  Array.from({ length: 4 }, (_, k) => ({
    name: `${folder}/${modality}${k}`,
    content: madeSlice(k, {
      Modality: modality,
      SeriesInstanceUID: `1.2.3.${uid}`,
      ...(modality === "MR" ? { SOPClassUID: MR_IMAGE, RescaleIntercept: null, RescaleSlope: null } : {}),
    }),
  }));

const both = [
  ...slices("all/P01", "MR", "1"),
  ...slices("all/P01", "CT", "2"),
  ...slices("all/P02/brain", "MR", "3"),
  ...slices("all/P02/planning", "CT", "4"),
];

it("pairs series of DICOM: in a folder of each head, or in folders of their own in there; reads them, and knows them again", async () => {
  const casesOf = async (files: typeof both) => {
    const { train, validation } = await pairedDataset(files, { seed: 1 });
    return [...train, ...validation].sort((a, b) => (a.id < b.id ? -1 : 1));
  };
  const notes = { name: "all/P02/notes.txt", content: new TextEncoder().encode("hello") };
  const [first, second] = await casesOf([...both, notes]);
  expect([first!.id, second!.id]).toEqual(["P01", "P02"]);
  const ct = await first!.targets!.ct!.load();
  expect([ct.unit, ct.shape]).toEqual(["HU", [10, 8, 4]]);
  expect((await second!.inputs.mr!.load()).unit).toBe("arbitrary");

  const marks = await first!.marks!();
  expect(await (await casesOf([...both].reverse()))[0]!.marks!()).toEqual(marks);
  const changed = both.map(({ name, content }) => {
    if (name !== "all/P01/MR2") return { name, content };
    const other = new Uint8Array(content);
    other[other.length - 2]! ^= 1;
    return { name, content: other };
  });
  const others = await casesOf(changed);
  expect((await others[0]!.marks!()).mr).not.toEqual(marks.mr);
  expect(await others[1]!.marks!()).toEqual(await second!.marks!());
});

it("says which head has the same kind of image twice", async () => {
  const twice = [...both, ...slices("all/P02/again", "CT", "5")];
  await expect(pairedDataset(twice)).rejects.toThrow(/P02 has its ct twice.*planning.*again.*leave one out/);
});
