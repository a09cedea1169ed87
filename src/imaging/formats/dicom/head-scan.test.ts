import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { bare, encoded, madeSlice, withoutSyntax } from "../../../../test/support/made-dicom.ts";
import { mutate } from "../../../../test/verify/fuzz/mutate.ts";
import { subjectOf } from "../../../../test/verify/fuzz/subjects.ts";
import { Random } from "../../../base/random/index.ts";
import { HEAD_KEYWORDS, scanHead } from "./head-scan.ts";
import { type DicomParser, loadParser } from "./libraries.ts";
import { asPart10, transferSyntax } from "./part10.ts";
import { TAGS } from "./tags.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const real = ["dicom_mr", "dicom_ct_ge", "field"].map((name) => join(root, "../shared/data", name));

let parser: DicomParser;
beforeAll(async () => {
  parser = await loadParser();
});

/** Whether the scan has an answer; that is then dicom-parser's. */
function scanned(bytes: Uint8Array): boolean {
  const found = scanHead(bytes, parser);
  if (!found) return false;
  expect(asPart10(bytes)).toBe(bytes); // nothing to be put before it
  expect(transferSyntax(bytes)).not.toBe("1.2.840.10008.1.2.1.99");
  const { elements } = parser.parseDicom(bytes, { untilTag: TAGS.BitsAllocated });
  const places = (all: typeof elements) =>
    HEAD_KEYWORDS.map((keyword) => [keyword, all[TAGS[keyword]]?.dataOffset, all[TAGS[keyword]]?.length]);
  expect(places(found.elements)).toEqual(places(elements));
  expect(found.uint16(TAGS.Rows)).toBe(elements[TAGS.Rows] && found.uint16(TAGS.Rows));
  return true;
}

const implicit = () => asPart10(encoded(bare(madeSlice(0)), "implicit"))!;
const bigEndian = () => asPart10(encoded(bare(madeSlice(0)), "explicit-big"))!;
const heads = (bytes: Uint8Array) => [bytes.slice(0, 1 << 12), bytes.slice(0, 1 << 16)];
const seeds = (name: string) =>
  subjectOf(name)
    .seeds()
    .flatMap(({ files }) => [...files.values()]);

describe("a scanned head", () => {
  it("is there of usual files, explicit, implicit, compressed, and with sequences before their pixels", () => {
    expect(scanned(madeSlice(0))).toBe(true);
    expect(scanned(withoutSyntax(madeSlice(0)))).toBe(false);
    expect(scanned(implicit())).toBe(true);
    expect(scanned(bigEndian())).toBe(false);
    expect(scanned(bare(madeSlice(0)))).toBe(false);
    const fixtures = seeds("dicom").filter(scanned);
    expect(fixtures.length).toBeGreaterThan(0.5 * seeds("dicom").length);
  });

  it.skipIf(!real.every(existsSync))("is dicom-parser's, of files of scanners", () => {
    const files = real.flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() && !/\.(gz|json|py|txt)$/.test(entry.name) ? [join(entry.parentPath, entry.name)] : [],
      ),
    );
    const all = files.flatMap((file) => heads(readFileSync(file)));
    expect(all.filter(scanned).length).toBeGreaterThan(0.5 * all.length);
  });

  it.each(["dicom", "rtstruct", "seg"])("is dicom-parser's, of damaged files: %s", (name) => {
    const subject = subjectOf(name);
    const whole = subject.seeds();
    for (let n = 0; n < 500; n++)
      for (const bytes of mutate(subject, whole, 7, n).seed.files.values()) heads(bytes).forEach(scanned);
  });

  it("is dicom-parser's, of files with other bytes in their header", () => {
    const random = new Random("heads");
    const all = [...seeds("dicom"), ...seeds("seg"), madeSlice(0), implicit()].filter(scanned);
    let [answers, none] = [0, 0];
    for (let n = 0; n < 5000; n++) {
      const bytes = all[random.integer(all.length)]!.slice(0, 1 << 12);
      for (let edits = 1 + random.integer(3); edits > 0; edits--)
        bytes[128 + random.integer(Math.min(bytes.length, 1400) - 128)] = [0, 1, 255, random.integer(256)][
          random.integer(4)
        ]!;
      if (scanned(bytes)) answers++;
      else none++;
    }
    expect(Math.min(answers, none)).toBeGreaterThan(500);
  });
});
