import { expect, it } from "vitest";
import { asFormatFiles, describeCases, formatCases } from "../../../../test/support/format-cases.ts";
import { testFormat } from "../../../host/testing/index.ts";
import { Volume } from "../../volume/index.ts";
import { decodeVolume, nrrd } from "../index.ts";

const cases = formatCases("nrrd");

describeCases("NRRD against SimpleITK", cases);

it("keeps the contract", async () => {
  // Line breaks at the end of a .nhdr tell nothing.
  const files = asFormatFiles(cases, (bytes, { main }) =>
    main.endsWith(".nhdr") ? bytes.slice(0, Buffer.from(bytes).toString("latin1").trimEnd().length) : bytes,
  );
  const report = await testFormat(nrrd, { files });
  expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
});

it("keeps key/value pairs, of which one is its own, and says what was taken for LPS", async () => {
  const before = new Volume({
    shape: [1, 1, 2],
    data: Float32Array.of(1, 2),
    unit: "HU",
    simulated: true,
    meta: {
      keyValues: { "a key": "two\nlines \\ and a backslash", modality: "CT", broken: 7, "no: key": "" },
    },
  });
  const files = await nrrd.write!(before, { name: "a.nrrd", gzip: false });
  const text = new TextDecoder("latin1").decode(files.get("a.nrrd"));
  expect(text).toContain("modality:=CT\nmidash:=unit=HU; simulated\n\n");
  const read = await decodeVolume(files.get("a.nrrd")!);
  expect([read.unit, read.simulated]).toEqual(["HU", true]);
  expect(read.meta).toEqual({
    format: "NRRD0005",
    keyValues: { "a key": "two\nlines \\ and a backslash", modality: "CT" },
  });
  const scanner = text.replace("left-posterior-superior", "scanner-xyz");
  const bytes = Uint8Array.from(scanner, (c) => c.charCodeAt(0));
  expect((await decodeVolume(bytes)).meta.space).toBe("scanner-xyz, taken for LPS");
});

it("names the file of voxels after the header", async () => {
  const volume = new Volume({ shape: [1, 1, 2], data: Float32Array.of(1, 2) });
  for (const [gzip, beside] of [
    [false, "head.raw"],
    [undefined, "head.raw.gz"],
  ] as const) {
    const files = await nrrd.write!(volume, { name: "head.nhdr", ...(gzip === undefined ? {} : { gzip }) });
    expect([...files.keys()]).toEqual(["head.nhdr", beside]);
    const read = await decodeVolume(files.get("head.nhdr")!, { companion: async (name) => files.get(name) });
    expect(read.data).toEqual(volume.data);
  }
});
