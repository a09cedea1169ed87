import { expect, it } from "vitest";
import { asFormatFiles, describeCases, formatCases } from "../../../../test/support/format-cases.ts";
import { testFormat } from "../../../host/testing/index.ts";
import { Volume } from "../../volume/index.ts";
import { decodeVolume, metaimage } from "../index.ts";

const cases = formatCases("metaimage");

describeCases("MetaImage against SimpleITK", cases);

it("keeps the contract", async () => {
  // Line breaks at the end of a .mhd tell nothing.
  const files = asFormatFiles(cases, (bytes, { main }) =>
    main.endsWith(".mhd") ? bytes.slice(0, Buffer.from(bytes).toString("latin1").trimEnd().length) : bytes,
  );
  const report = await testFormat(metaimage, { files });
  expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
});

const ct = new Volume({
  shape: [2, 2, 1],
  data: Uint16Array.of(0, 1024, 2000, 4095),
  scaling: { slope: 1, intercept: -1024 },
  unit: "HU",
  simulated: true,
});

it("applies a scaling when it writes: HU become int16", async () => {
  const [file] = [...(await metaimage.write!(ct)).values()];
  const text = new TextDecoder("latin1").decode(file);
  expect(text).toContain("Comment = midash; unit=HU; simulated\n");
  const read = await decodeVolume(file!);
  expect(read.data).toEqual(Int16Array.of(-1024, 0, 976, 3071));
  expect([read.unit, read.simulated]).toEqual(["HU", true]);
});

it("names the file of voxels after the header", async () => {
  for (const [gzip, beside] of [
    [false, "head.raw"],
    [true, "head.zraw"],
  ] as const) {
    const files = await metaimage.write!(ct, { name: "head.mhd", gzip });
    expect([...files.keys()]).toEqual(["head.mhd", beside]);
    const read = await decodeVolume(files.get("head.mhd")!, { companion: async (name) => files.get(name) });
    expect(read.values()).toEqual(ct.values());
  }
});
