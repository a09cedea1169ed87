import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { filesOf, formatCases } from "../../../test/support/format-cases.ts";
import { Volume } from "../volume/index.ts";
import { decodeVolume, encodeVolume, isGzip, volumeFormats } from "./index.ts";

const NAMES = ["nifti", "metaimage", "nrrd", "mgh"] as const;

/** Whole files of each format, as other programs wrote them. */
function fixtures(format: string): Uint8Array[] {
  if (format !== "nifti")
    return formatCases(format)
      .filter(({ kind }) => !kind)
      .map((entry) => filesOf(entry).get(entry.main)!);
  const file = new URL("../../../test/fixtures/nifti/cases.json", import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: { gz: string; kind?: string }[] };
  return cases.filter(({ kind }) => !kind).map(({ gz }) => new Uint8Array(Buffer.from(gz, "base64")));
}

it.each(NAMES)("%s files are known by their own format alone", (name) => {
  const files = fixtures(name);
  expect(files.length).toBeGreaterThan(10);
  for (const bytes of files) {
    const head = (isGzip(bytes) ? new Uint8Array(gunzipSync(bytes)) : bytes).subarray(0, 544);
    expect(volumeFormats.filter(({ sniff }) => sniff(head)).map((format) => format.name)).toEqual([name]);
  }
});

it("the list and the type of names agree", () => {
  expect(volumeFormats.map(({ name }) => name)).toEqual(NAMES);
});

it.each(NAMES)("%s is written by its name, packed or not", async (format) => {
  const volume = new Volume({ shape: [2, 1, 1], data: Int16Array.of(-1000, 7), unit: "HU", simulated: true });
  for (const gzip of [undefined, false, true]) {
    const bytes = await encodeVolume(volume, { format, ...(gzip === undefined ? {} : { gzip }) });
    const read = await decodeVolume(bytes);
    expect([read.data, read.unit, read.simulated]).toEqual([volume.data, "HU", true]);
  }
});
