/** "-" for standard input and output, as in a pipe. Needs `npm run build` first. */
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeVolume } from "../src/host/node/index.ts";
import { decodeVolume, encodeVolume, isGzip, Volume } from "../src/index.ts";
import { midashPiped } from "./support/midash.ts";

let root = "";
const midash = (args: string, input?: Uint8Array) => midashPiped(root, args.split(" "), input);

const mr = new Volume({
  shape: [12, 10, 8],
  data: Int16Array.from({ length: 960 }, (_, i) => (i * 37) % 1000),
  affine: [-1, 0, 0, 6, 0, -1.5, 0, 7, 0, 0, -2, 8, 0, 0, 0, 1],
});
let file = new Uint8Array();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-streams-"));
  await writeVolume(join(root, "mr.nii.gz"), mr);
  file = new Uint8Array(readFileSync(join(root, "mr.nii.gz")));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("standard input", () => {
  it("is read as a file is, by its content", async () => {
    for (const input of [file, await encodeVolume(mr, { format: "nrrd" })]) {
      const { code, out, err } = await midash("info - --json", input);
      expect(code, err).toBe(0);
      const facts = JSON.parse(Buffer.from(out).toString());
      expect([facts.file, facts.shape, facts.range.max]).toEqual(["-", [12, 10, 8], 999]);
    }
  });

  it("gives any frame of a 4-D file, though it comes once", async () => {
    const four = await encodeVolume(
      new Volume({ shape: [2, 2, 3], data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) }),
      {
        format: "nifti",
      },
    );
    new DataView(four.buffer).setInt16(40, 4, true);
    for (const [at, n] of [2, 2, 1, 3].entries()) new DataView(four.buffer).setInt16(42 + 2 * at, n, true);
    const { out } = await midash("convert - - --frame 2 --format nii", four);
    expect([...(await decodeVolume(out)).data]).toEqual([8, 9, 10, 11]);
  });

  it("is refused in one line when it is empty, no volume, or asked for twice", async () => {
    for (const [args, input, says] of [
      ["info -", new Uint8Array(), "standard input: the file is empty"],
      [
        "info -",
        new TextEncoder().encode("hello\n".repeat(100)),
        "standard input: not a volume in a known format",
      ],
      ["resample - out.nii --like -", file, "standard input: holds one file, and it was read"],
      [
        "evaluate --prediction - --reference - --preset synthrad2023",
        file,
        "standard input: holds one file, and it was read",
      ],
    ] as const) {
      const { code, out, err } = await midash(args, input);
      expect([code, out.length]).toEqual([2, 0]);
      expect(err.trimEnd().split("\n"), args).toHaveLength(1);
      expect(err).toContain(says);
    }
    expect(await readdir(root)).toEqual(["mr.nii.gz"]);
  });
});

describe("standard output", () => {
  it.each([
    ["convert mr.nii.gz -", "NIfTI-1", true],
    ["convert - -", "NIfTI-1", true],
    ["convert - - --format nii", "NIfTI-1", false],
    ["convert - - --format .MHA", "MetaImage", false],
    ["convert - - --format nrrd", "NRRD0005", false],
    ["convert - - --format mgz", "MGH", true],
    ["resample mr.nii.gz - --spacing 1,1.5,2", "NIfTI-1", true],
  ] as const)("is the volume and nothing else: %s", async (args, format, gzipped) => {
    const { code, out, err } = await midash(args, file);
    expect(code, err).toBe(0);
    const read = await decodeVolume(out);
    expect([read.meta.format, isGzip(out), Array.from(read.data)]).toEqual([
      format,
      gzipped,
      Array.from(mr.data),
    ]);
    expect(err).toContain("-: 12×10×8");
    expect(await readdir(root)).toEqual(["mr.nii.gz"]);
  });

  it("goes through two commands", async () => {
    const first = await midash("reorient mr.nii.gz - --to SAR");
    const second = await midash("reorient - - --to LPI --format nii", first.out);
    const back = await decodeVolume(second.out);
    expect([back.shape, back.data, back.affine]).toEqual([mr.shape, mr.data, mr.affine]);
  });

  it.each([
    ["convert mr.nii.gz - --json", "standard output is the volume's"],
    ["convert mr.nii.gz - --format mhd", "not the extension of a format of one file"],
    ["convert mr.nii.gz - --format png", "not the extension of a format of one file"],
    ["convert mr.nii.gz out.nii --format nrrd", 'is for "-", standard output'],
    ["convert mr.nii.gz - --dicom-source .", "a DICOM series is a folder"],
    ["synthesize mr.nii.gz - --labels", "is written beside <out>, which is standard output"],
    ["classify mr.nii.gz - --kind brain", "no format for this extension"],
  ])("is refused in one line: %s", async (args, says) => {
    const { code, err } = await midash(args);
    expect(code, err).toBe(2);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(err).toContain(says);
    expect(await readdir(root)).toEqual(["mr.nii.gz"]);
  });
});
