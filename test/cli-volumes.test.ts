/** `convert`, `reorient` and `resample` as a user runs them: files in, files out. Needs `npm run build` first. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVolume, writeVolume } from "../src/host/node/index.ts";
import { dicom } from "../src/imaging/formats/dicom/index.ts";
import { orientationOf, reorient, resample, sameGrid, Volume } from "../src/index.ts";
import { type Changes, madeSlice } from "./support/made-dicom.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";

let root = "";
const midash = (...args: readonly string[]) => midashIn(root, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(root, args, says);

/** An MR-like ramp, stored as LPI with three voxel sizes. */
const mr = new Volume({
  shape: [12, 10, 8],
  data: Int16Array.from({ length: 960 }, (_, i) => (i * 37) % 1000),
  affine: [-1, 0, 0, 6, 0, -1.5, 0, 7, 0, 0, -2, 8, 0, 0, 0, 1],
  scaling: { slope: 0.5, intercept: -100 },
});

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-volumes-"));
  await writeVolume(join(root, "mr.nii.gz"), mr);
  await writeFile(join(root, "text.nii"), "hello\n");
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("convert", () => {
  it("keeps values, type, scaling and place, and takes a unit", async () => {
    const ran = await midash("convert", "mr.nii.gz", "pair.hdr", "--unit", "HU", "--json");
    expect([ran.code, lastJson(ran).unit]).toEqual([0, "HU"]);
    const pair = await readVolume(join(root, "pair.img"));
    expect([pair.data, pair.scaling, pair.affine, pair.unit]).toEqual([mr.data, mr.scaling, mr.affine, "HU"]);
    const back = await midash("convert", "pair.hdr", "back.nii");
    expect(back.out).toContain("converted from NIfTI-1");
    expect((await readVolume(join(root, "back.nii"))).data).toEqual(mr.data);
  });
});

describe("reorient", () => {
  it("moves no value", async () => {
    const ran = await midash("reorient", "mr.nii.gz", "sar.nii.gz", "--to", "SAR", "--json");
    expect([ran.code, lastJson(ran).orientation]).toEqual([0, "SAR"]);
    const sar = await readVolume(join(root, "sar.nii.gz"));
    expect(orientationOf(sar.affine)).toBe("SAR");
    const there = reorient(sar, "LPI");
    expect([there.data, sameGrid(there, mr)]).toEqual([mr.data, true]);
  });

  it("refuses invalid letters", async () => {
    await refused(["reorient", "mr.nii.gz", "o.nii", "--to", "RAR"], /"RAR" is no orientation/);
    await refused(["reorient", "mr.nii.gz", "o.nii"], /required option '--to/);
  });
});

describe("resample", () => {
  it("gives what the library gives", async () => {
    const ran = await midash("resample", "mr.nii.gz", "fine.nii", "--spacing", "1,1,1", "--json");
    expect([ran.code, lastJson(ran).spacing]).toEqual([0, [1, 1, 1]]);
    const fine = await readVolume(join(root, "fine.nii"));
    expect(fine.data).toEqual(resample(mr, { spacing: [1, 1, 1] }).data);
    const nearest = await midash(
      ...["resample", "fine.nii", "back.nii.gz", "--like", "mr.nii.gz", "--interpolation", "nearest"],
    );
    expect(nearest.out).toContain("resampled (nearest) from");
    expect(sameGrid(await readVolume(join(root, "back.nii.gz")), mr)).toBe(true);
    const same = await midash("resample", "mr.nii.gz", "same.nii", "--like", "mr.nii.gz");
    expect(same.out).toContain("nothing was resampled");
  });

  for (const [args, says] of [
    [["o.nii"], /needs one of --spacing and --like; say where/],
    [["o.nii", "--spacing", "1,1,1", "--like", "mr.nii.gz"], /needs one of --spacing and --like/],
    [
      ["o.nii", "--spacing", "1,0,1"],
      /--spacing: must be 3 values joined by ",", each a number above 0, got \[1,0,1\]/,
    ],
    [["o.nii", "--spacing", "1"], /must be 3 values joined by ","/],
    [["o.nii", "--spacing", "1,1,1", "--interpolation", "linar"], /did you mean "linear"\?/],
    [["mr.nii.gz", "--spacing", "1,1,1"], /is the input too; write to another file/],
    [["o.png", "--spacing", "1,1,1"], /o\.png: no format for this extension; use one of \.nii/],
    [["o.nii", "--like", "text.nii"], /text\.nii: not a volume in a known format/],
    [["absent/o.nii", "--spacing", "1,1,1"], /the folder absent does not exist/],
  ] as const)
    it(`refuses ${args.join(" ")}`, () => refused(["resample", "mr.nii.gz", ...args], says));
});

describe("DICOM", () => {
  /** What a planning system would match an MR and a CT by. */
  const BARE: Changes = { Modality: "MR", FrameOfReferenceUID: null, PatientPosition: null };
  const series = (name: string) => fileURLToPath(new URL(`fixtures/dicom/${name}`, import.meta.url));

  it("reads the series of a folder, and writes a synthetic CT as one beside it", async () => {
    const ran = await midash("convert", series("mr"), "from-dicom.nii.gz", "--json");
    expect([ran.code, lastJson(ran).how]).toEqual([0, "converted from DICOM"]);
    const written = await midash(
      ...["convert", "from-dicom.nii.gz", "sct", "--unit", "HU", "--dicom-source", series("mr")],
      ...["--description", "brain"],
    );
    expect([written.code, (await readdir(join(root, "sct"))).length]).toEqual([0, 5]);
    const [before, after] = [
      await readVolume(join(root, "from-dicom.nii.gz")),
      await readVolume(join(root, "sct"), { formats: [dicom] }),
    ];
    expect([after.unit, Array.from(after.data), sameGrid(after, before)]).toEqual([
      "HU",
      Array.from(before.data),
      true,
    ]);
    const told = await midash("info", "sct");
    expect(told.out).toMatch(/seriesDescription +SYNTHETIC CT \(not for diagnosis\) brain/);
  });

  it("warns of what the MR lacks, from the same place as synthesize", async () => {
    await mkdir(join(root, "bare"));
    for (const k of [0, 1, 2]) await writeFile(join(root, "bare", `IM${k}`), madeSlice(k, BARE));
    await midash("convert", "bare", "bare.nii.gz");
    const to = ["convert", "bare.nii.gz", "bare-sct", "--unit", "HU", "--dicom-source", "bare", "--json"];
    const ran = await midash(...to);
    expect(ran.code, ran.err).toBe(0);
    expect(lastJson(ran).warnings).toEqual([
      expect.stringContaining("the MR names no frame of reference"),
      expect.stringContaining("the MR does not say how the patient lay"),
    ]);
    expect(ran.err).toContain("the MR names no frame of reference");
  });

  it("says of a file that was cut off in its header that it ends there", async () => {
    await writeFile(join(root, "cut.dcm"), madeSlice(0).subarray(0, 200));
    for (const command of [
      ["info", "cut.dcm"],
      ["convert", "cut.dcm", "o.nii"],
    ])
      await refused(command, /cut\.dcm: the file ends within its header, after 200 bytes; .*get it again/);
  });

  it("complains of an input that is not there before anything else", () =>
    refused(["convert", "nothere", "out"], /^midash: nothere: no such file or folder; check the path\n$/));

  it("asks which of several series, and takes one", async () => {
    const args = ["convert", series("two-series"), "two.nii"];
    await refused(
      args,
      /2 series: .*"T1 a", 2 files.*; choose one by --series: its UID, number or description\n$/,
    );
    await refused([...args, "--series", "9"], /no series "9"; there are: /);
    expect((await midash(...args, "--series", "T1 b")).code).toBe(0);
    expect((await readVolume(join(root, "two.nii"))).shape[2]).toBe(3);
  });

  it("refuses what can't be written as a series", async () => {
    const source = ["--dicom-source", series("mr")];
    await refused(["convert", "mr.nii.gz", "new", ...source], /: a CT is in HU, .*; say --unit HU/);
    await refused(
      ["convert", "mr.nii.gz", "out.nii", "--unit", "HU", ...source],
      /a DICOM series is a folder/,
    );
    await refused(["convert", "mr.nii.gz", "text.nii", "--anonymise"], /add --dicom-source/);
    await refused(["convert", "mr.nii.gz", "text.nii/x", "--unit", "HU", ...source], /text.nii\/x: /);
    await refused(
      ["convert", series("missing"), "o.nii"],
      /missing slices: 2 at .*get the whole series again/,
    );
  });
});
