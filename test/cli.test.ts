import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileRunStore, readVolume } from "../src/host/node/index.ts";
import { affineFromSpacing, encodeVolume, type Unit, Volume } from "../src/index.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";
import { NO_ONNXRUNTIME } from "./support/onnxruntime.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const midash = (args: readonly string[], interruptAt?: string, signal?: NodeJS.Signals) =>
  midashIn(root, args, interruptAt, undefined, signal);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(root, args, says);

/** A ball of 40 HU in air, or the MR of one. */
function ball(unit: Unit, options: { readonly size?: number; readonly shift?: number } = {}): Volume {
  const { size = 16, shift = 0 } = options;
  const data = new Int16Array(size ** 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y, z] = [i % size, Math.floor(i / size) % size, Math.floor(i / size ** 2)];
    const inside = Math.hypot(x - size / 2, y - size / 2, z - size / 2) < size / 3;
    if (unit === "arbitrary") data[i] = inside ? 500 + (i % 7) : i % 5;
    else data[i] = inside ? 40 + shift : -1000;
  }
  return new Volume({ shape: [size, size, size], data, unit, simulated: true });
}

async function put(name: string, volume: Volume): Promise<void> {
  await writeFile(
    join(root, name),
    await encodeVolume(volume, { format: "nifti", gzip: name.endsWith(".gz") }),
  );
}

/** A NIfTI-1 header for 10000³ = 10^12 voxels, and nothing behind it. */
function boastful(): Uint8Array {
  const bytes = new Uint8Array(352);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  for (const [n, v] of [3, 10000, 10000, 10000, 1, 1, 1, 1].entries()) view.setInt16(40 + 2 * n, v, true);
  view.setInt16(70, 4, true);
  view.setInt16(72, 16, true);
  for (let n = 0; n < 8; n++) view.setFloat32(76 + 4 * n, 1, true);
  view.setFloat32(108, 352, true);
  bytes.set(new TextEncoder().encode("n+1\0"), 344);
  return bytes;
}

/** A volume as a 4-D NIfTI of two frames, both the same. */
async function putTwice(name: string, volume: Volume): Promise<void> {
  const once = await encodeVolume(volume, { format: "nifti", gzip: false });
  const view = new DataView(once.buffer, once.byteOffset);
  view.setInt16(40, 4, true);
  view.setInt16(48, 2, true);
  const data = once.subarray(view.getFloat32(108, true));
  await writeFile(join(root, name), Buffer.concat([once, data]));
}

const TINY =
  "--subjects 2,1,1 --phantom-shape 32,32,16 --phantom-spacing 6,6,10 --base-filters 4 --levels 2".split(" ");

beforeAll(async () => {
  await put("ct.nii.gz", ball("HU"));
  await put("sct.nii.gz", ball("HU", { shift: 10 }));
  await put("mr.nii.gz", ball("arbitrary"));
  await put("other.nii.gz", ball("HU", { size: 12 }));
  const whole = await readFile(join(root, "ct.nii.gz"));
  await writeFile(join(root, "truncated.nii.gz"), whole.subarray(0, whole.length / 2));
  await putTwice("ct4d.nii", ball("HU"));
  await putTwice("mr4d.nii", ball("arbitrary"));
  await put("nothing.nii.gz", ball("HU").with({ data: new Int16Array(16 ** 3).fill(-1000) }));
  await put("zeros.nii.gz", ball("unknown").with({ data: new Uint8Array(16 ** 3) }));
  await writeFile(join(root, "text.nii"), "hello, world\n");
  await writeFile(join(root, "boastful.nii"), boastful());
  await mkdir(join(root, "folder.nii.gz"));
});

describe("usage", () => {
  it("helps: each command, with examples that run the package by its name", async () => {
    const { code, out } = await midash(["--help"]);
    expect(code).toBe(0);
    for (const command of [
      "demo",
      "train",
      "synthesize",
      "evaluate",
      "classify",
      "info",
      "models",
      "doctor",
    ]) {
      expect(out).toContain(`\n  ${command} `);
      const help = await midash([command, "--help"]);
      expect(help.code).toBe(0);
      expect(help.out).toContain(`npx @midash/core ${command}`);
      expect(help.out).toContain("--json");
      expect(help.out).not.toContain("npx midash");
    }
  });

  for (const [args, says] of [
    [["trian", "x"], /unknown command 'trian' \(Did you mean train\?\)/],
    [["info", "ct.nii.gz", "--jsn"], /unknown option '--jsn' \(Did you mean --json\?\)/],
    [["info"], /missing required argument 'file'.*info --help/],
    [["synthesize", "mr.nii.gz", "o.nii.gz"], /mr\.nii\.gz: covers 16×16×16 mm .*too little of a head/],
    [["synthesize", "mr.nii.gz", "o.nii.gz", "--flips", "x"], /--flips: goes with --model only/],
    [
      ["synthesize", "mr.nii.gz", "o.nii.gz", "--labels", "--model", "m.safetensors"],
      /--labels: is of the model of heads/,
    ],
    [["classify", "mr.nii.gz", "o.nii.gz", "--kind", "brain"], /mr\.nii\.gz: covers 16×16×16 mm/],
    [["classify", "ct.nii.gz", "o.nii.gz", "--kind", "densty"], /--kind: .*did you mean "density"/],
    [
      ["train", "phantom", "--out", "r", "--epochs", "many"],
      /--epochs: must be a whole number, 1 or more, got "many"/,
    ],
    [["train", "phantom", "--out", "r", "--size", "64"], /--size: must be 2 or 3 values joined by "x"/],
    [
      ["train", "phantom", "--out", "r", "--sampler", "patches"],
      /--sampler: patches are 3-D, and this unet takes 2-D samples; choose slices, or a model of 3-D samples\n/,
    ],
    [["train", "phantom", "--out", "r", "--dims", "3", "--axis", "coronal"], /--axis: .* it is for slices\n/],
    [
      ["train", "phantom", "--out", "r", "--dims", "3", "--size", "16x16x12"],
      /--size: must be multiples of 8 .*, got 16x16x12; e\.g\. 16x16x16\n/,
    ],
    [["train", "phantom", "--out", "r", "--split", "0.8,0.1,0.1"], /--split: is for data on disk only/],
    [["train", "folder.nii.gz", "--out", "r", "--subjects", "2,1,1"], /--subjects: is for simulated heads/],
    [["train", "phantom", "--out", "r", "--subjects", "0,1,1"], /--subjects: leaves none to train on/],
    [
      ["train", "folder.nii.gz", "--out", "r", "--split", "0.5,0.1,0.1"],
      /--split: must add up to 1, got 0.7/,
    ],
    [["train", "folder.nii.gz", "--out", "r", "--inputs", "t1,t1"], /--inputs: names an input twice/],
    [["train", "phantom", "--out", "r", "--levels", "9"], /--levels: must be a whole number from 1 to 8/],
    [
      ["train", "phantom", "--out", "r", "--learning-rate", "0"],
      /--learning-rate: must be a number above 0, got 0/,
    ],
    [["train", "folder.nii.gz", "--out", "r", "--resume"], /: r: holds no run to resume; leave out --resume/],
    [["demo", "--seed", "-1"], /--seed: must be a whole number/],
  ] as const)
    it(`refuses midash ${args.join(" ")}`, () => refused(args, says));

  it("gives errors as JSON too", async () => {
    const ran = await midash(["info", "absent.nii", "--json"]);
    expect(ran.code).toBe(2);
    expect(lastJson(ran)).toEqual({
      error: { kind: "not-found", message: "absent.nii: no such file; check the path" },
    });
  });
});

describe("input that is wrong", () => {
  for (const [file, says] of [
    ["truncated.nii.gz", /truncated\.nii\.gz: .*truncated.*; get the file again/],
    ["text.nii", /text\.nii: not a volume in a known format.*; check that/],
    ["boastful.nii", /boastful\.nii: .*10000×10000×10000.*; /],
    ["absent.nii.gz", /absent\.nii\.gz: no such file; check the path/],
  ] as const) {
    it(`classify and info refuse ${file}`, async () => {
      await refused(["classify", file, "o.nii.gz", "--kind", "density"], says);
      await refused(["info", file], says);
    });
    it(`evaluate refuses ${file}`, () =>
      refused(
        ["evaluate", "--prediction", file, "--reference", "ct.nii.gz", "--preset", "slice2d", "--out", "e"],
        says,
      ));
  }

  it("names both grids", () =>
    refused(
      ["evaluate", "--prediction", "other.nii.gz", "--reference", "ct.nii.gz", "--preset", "synthrad2023"],
      /other\.nii\.gz: is on another grid \(12×12×12.*than ct\.nii\.gz \(16×16×16.*; resample it first: npx @midash\/core resample other\.nii\.gz OUT --like ct\.nii\.gz --unit HU \(resampling .* registers nothing: .*\)\n$/,
    ));

  it("says what is empty by its flag", async () => {
    const scored = ["evaluate", "--prediction", "sct.nii.gz", "--reference", "ct.nii.gz", "--mask"];
    await refused([...scored, "zeros.nii.gz", "--preset", "synthrad2023"], /: --mask: is empty/);
    await refused(
      ["classify", "ct.nii.gz", "o.nii.gz", "--kind", "density", "--mask", "zeros.nii.gz"],
      /: --mask: is empty/,
    );
  });

  it("asks for a frame of a 4-D file, and takes it", async () => {
    const one = ["classify", "ct4d.nii", "o.nii.gz", "--kind", "density"];
    await refused(one, /ct4d\.nii: is 4-D, 2 frames; choose one of 0 to 1 by --frame, e\.g\. --frame 0\n/);
    await refused([...one, "--frame", "2"], /ct4d\.nii: has no frame 2; .*--frame/);
    await refused(["info", "ct.nii.gz", "--frame", "1"], /--frame: no file given is 4-D; leave it out/);
    const scored = ["evaluate", "--prediction", "ct4d.nii", "--reference", "ct.nii.gz", "--mr", "mr4d.nii"];
    await refused([...scored, "--preset", "slice2d"], /ct4d\.nii: is 4-D.*--frame/);
    const ran = await midash([...scored, "--preset", "slice2d", "--frame", "1", "--json"]);
    expect(ran.code, ran.err).toBe(0);
    expect(lastJson(ran)).toMatchObject({ metrics: { mae: { value: 0 } } });
    expect(lastJson(await midash(["info", "ct4d.nii", "--json"]))).toMatchObject({ frames: 2, frame: 0 });
  });

  it("refuses an MR as CT", () =>
    refused(["classify", "mr.nii.gz", "o.nii.gz", "--kind", "density"], /mr\.nii\.gz: is marked as MR/));

  it("finds MR and CT on different grids before training", async () => {
    await mkdir(join(root, "pair"));
    await put("pair/mr.nii.gz", ball("arbitrary", { size: 32 }));
    await put("pair/ct.nii.gz", ball("HU", { size: 30 }));
    const { code, err } = await midash(["train", "pair", "--out", "run-pair"]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^midash: case pair\/train: mr \(32×32×32.*ct \(30×30×30.*different grids; resample.*midash\/core resample IN OUT --like OTHER, with --unit HU for a CT, --interpolation nearest for a mask or labels \(resampling .* registers nothing: .*\)\n$/,
    );
    expect(existsSync(join(root, "run-pair"))).toBe(false);
  });

  it("says what it looked for in a folder that is no dataset", () =>
    refused(
      ["train", "folder.nii.gz", "--out", "r"],
      /folder\.nii\.gz: no dataset here: found nothing; looked for pair: ct and mr.*nnunet: .*bids: .*flat: .*synthrad: .*dicom: /,
    ));

  it("says by flags what a dataset does not fit", async () => {
    for (const id of ["a", "b"]) {
      await mkdir(join(root, "cases", id), { recursive: true });
      for (const name of ["mr", "ct"]) await put(`cases/${id}/${name}.nii.gz`, ball("unknown"));
    }
    const train = ["train", "cases", "--out", "r"];
    await refused(
      train,
      /2 patient\(s\) can't be split into 3 parts; give more cases, or set a share of --split/,
    );
    await refused(
      [...train, "--slab", "4"],
      /cases: slabs split .*; leave out --slab and --every, or set --layout to "pair"/,
    );
    await refused(
      [...train, "--inputs", "t3"],
      /cases: all 2 cases lack files: a \(t3\), b \(t3\); there are ct, mr; choose --inputs that the cases have, or add/,
    );
    await putTwice("cases/a/ct.nii", ball("HU"));
    await rm(join(root, "cases/a/ct.nii.gz"));
    const read = await midash([...train, "--split", "0.5,0.5,0"]); // found when the case is read
    expect([read.code, read.err]).toEqual([
      2,
      expect.stringMatching(/ct\.nii: is 4-D, 2 frames; save the frame/),
    ]);
    const { code, err } = await midash(["train", "phantom", "--out", "sized", "--size", "60x64"]);
    expect([code, err]).toEqual([
      2,
      "midash: --size: must be multiples of 8 for this unet, got 60x64; e.g. 64x64\n",
    ]);
  });
});

describe("errors of the library are in the words of flags", () => {
  const pair = (prediction: string, ...more: readonly string[]) => [
    ..."evaluate --reference ct.nii.gz --prediction".split(" "),
    prediction,
    ...more,
  ];

  it("an argument is called by its flag, and functions are not named", async () => {
    const data = Float32Array.from(ball("HU").data);
    data[5] = Number.NaN;
    await put("nan.nii.gz", ball("HU").with({ data }));
    await refused(
      pair("nan.nii.gz", "--preset", "slice2d"),
      "midash: --prediction: 1 voxels are NaN or infinite\n",
    );
    const air = ball("HU").with({ data: new Int16Array(16 ** 3).fill(-1000) });
    await put("air.nii.gz", air.with({ data: Int16Array.from(air.data, (v, i) => v + (i % 2)) }));
    await refused(
      ["evaluate", "--prediction", "ct.nii.gz", "--reference", "air.nii.gz", "--preset", "synthrad2023"],
      "midash: no voxel is above -300 HU, so there is no body\n",
    );
    await put("flat.nii.gz", ball("arbitrary").with({ data: new Int16Array(16 ** 3).fill(7) }));
    await refused(
      ["classify", "flat.nii.gz", "o.nii.gz", "--kind", "tissue", "--method", "em"],
      "midash: the volume is constant, so it shows no brain\n",
    );
  });

  it("a way out by a mask is --mask", () =>
    refused(
      ["classify", "mr.nii.gz", "o.nii.gz", "--kind", "tissue", "--method", "em"],
      /^midash: [^:]*brain[^:]*; give a --mask of the brain/,
    ));

  it("a limit that no flag raises is got round by other ways", async () => {
    const claiming = async (name: string, side: number) => {
      const header = boastful();
      for (let n = 0; n < 3; n++) new DataView(header.buffer).setInt16(42 + 2 * n, side, true);
      await writeFile(join(root, name), gzipSync(Buffer.concat([header, randomBytes(1_200_000)])));
    };
    await claiming("many.nii.gz", 820);
    await refused(
      ["info", "many.nii.gz"],
      /voxels.*; crop it, or read it by the library with a higher limit\n$/,
    );
    await claiming("packed.nii.gz", 800);
    await refused(["info", "packed.nii.gz"], /unpack.*; read it by the library with a higher limit\n$/);
  });

  it("datasets", async () => {
    await mkdir(join(root, "one"));
    for (const [name, unit] of [
      ["mr", "arbitrary"],
      ["ct", "HU"],
    ] as const)
      await put(`one/${name}.nii.gz`, ball(unit));
    const train = ["train", "one", "--out", "r"];
    await refused(
      [...train, "--split", "0.5,0.5,0"],
      /one: a pair is split by slabs.*; leave out --split, or set --slab and --every\n$/,
    );
    await refused([...train, "--slab", "16"], /would hold out none; choose smaller --slab and --every\n$/);
    for (const [id, name] of [
      ["a", "t1"],
      ["b", "t2"],
    ] as const) {
      await mkdir(join(root, "mixed", id), { recursive: true });
      await put(`mixed/${id}/${name}.nii.gz`, ball("arbitrary"));
      await put(`mixed/${id}/ct.nii.gz`, ball("HU"));
    }
    await refused(
      ["train", "mixed", "--out", "r"],
      /mixed: all 2 cases lack files: a \(t2\), b \(t1\); there are ct, t1, t2; choose --inputs that the cases have/,
    );
  });

  it("a way out without a flag is left out", async () => {
    const how = [...TINY, "--epochs", "3", "--learning-rate", "1e30"];
    const { code, err } = await midash(["train", "phantom", "--out", "diverged", ...how]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /nan-batch\.safetensors: the loss is NaN in step \d+ on samples of phantom-.*; start again.* with a lower --learning-rate[^-]*\n$/,
    );
  });
});

describe("output that can't be written", () => {
  for (const [path, says] of [
    ["absent/o.nii.gz", /absent\/o\.nii\.gz: the folder absent does not exist; create it/],
    ["text.nii/o.nii.gz", /text\.nii\/o\.nii\.gz: a part of the path is a file/],
    ["folder.nii.gz", /folder\.nii\.gz: is a folder, not a file/],
    ["ct.nii.gz", /ct\.nii\.gz: is the input too; write to another file/],
    ["o.png", /o\.png: no format for this extension; use one of \.nii, \.nii\.gz/],
  ] as const)
    it(`refuses ${path}`, () => refused(["classify", "ct.nii.gz", path, "--kind", "density"], says));

  it.skipIf(process.platform !== "linux")("refuses a folder that takes no files, before the work", () =>
    refused(
      ["classify", "ct.nii.gz", "/proc/o.nii.gz", "--kind", "density"],
      /\/proc\/o\.nii\.gz: (can't be created there|permission denied).*; write elsewhere/,
    ),
  );

  it("refuses a folder below a file", async () => {
    await refused(["demo", "--out", "text.nii/out"], /text\.nii: is a file, not a folder; choose another/);
    await refused(
      ["train", "phantom", "--out", "text.nii"],
      /text\.nii: is no folder: it.* is a file; choose another/,
    );
  });
});

describe("info, evaluate, classify", () => {
  it("info tells of a volume", async () => {
    const facts = lastJson(await midash(["info", "ct.nii.gz", "--json"]));
    expect(facts).toMatchObject({
      command: "info",
      kind: "volume",
      shape: [16, 16, 16],
      spacing: [1, 1, 1],
      orientation: "RAS",
      affine: [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
      ],
      type: "int16",
      unit: "HU",
      simulated: true,
      range: { min: -1000, max: 40 },
    });
    const people = await midash(["info", "ct.nii.gz"]);
    expect(people.out).toMatch(/shape +16 × 16 × 16/);
  });

  it("evaluate gives each metric with its protocol", async () => {
    const args = ["evaluate", "--prediction", "sct.nii.gz", "--reference", "ct.nii.gz"];
    const ran = await midash([...args, "--preset", "synthrad2023", "--out", "scores", "--json"]);
    expect(ran.out.trimEnd().split("\n")).toHaveLength(1);
    const json = lastJson(ran) as { metrics: Record<string, { value: number }>; maskRule: string };
    expect(json).toMatchObject({ preset: "synthrad2023", simulated: true });
    expect(json.maskRule).toContain("body of the CT");
    const ct = ball("HU").data as Int16Array;
    expect(json.metrics.mae).toMatchObject({
      value: 10,
      unit: "HU",
      voxels: ct.filter((v) => v > -300).length,
    });
    expect(json.metrics.psnr!.value).toBeCloseTo(10 * Math.log10(4024 ** 2 / 100), 9);
    expect(json.metrics.ssim!.value).toBeGreaterThan(0.9);
    expect((await readdir(join(root, "scores"))).sort()).toEqual([
      "metrics.json",
      "montage.png",
      "report.html",
    ]);
    expect(json).toMatchObject({ out: "scores", files: ["report.html", "montage.png", "metrics.json"] });
    const page = await readFile(join(root, "scores/report.html"), "utf8");
    expect(page).toContain("<dd>sct.nii.gz</dd>");
    expect(page).toContain("MAE 10.0 HU over ");
    const masked = await midash([...args, "--preset", "slice2d", "--mask", "ct.nii.gz", "--mr", "mr.nii.gz"]);
    expect(masked.code).toBe(0);
    expect(masked.out).toContain("the given mask (above 0) covers 5 %");
  });

  it("evaluate takes the other presets and measures besides", async () => {
    const args = ["evaluate", "--prediction", "sct.nii.gz", "--reference", "ct.nii.gz", "--json"];
    const challenge = lastJson(await midash([...args, "--preset", "synthrad2025"])) as {
      metrics: Record<string, { value: number; dataRange: unknown; maskRule: string }>;
      classes: { name: string; mae: { value: number; maskRule: string } }[];
    };
    expect(Object.keys(challenge.metrics)).toEqual(["mae", "me", "rmse", "psnr", "ssim", "msssim", "ncc"]);
    expect(challenge.metrics.msssim!.dataRange).toEqual([-1024, 3071]);
    expect(challenge.classes.map(({ name }) => name)).toEqual(["air", "fat", "soft", "bone"]);
    expect(challenge.classes[2]!.mae.value).toBe(10);
    expect(challenge.classes[2]!.mae.maskRule).toMatch(
      /^voxels inside the body of the CT .*; where the reference/,
    );
    const labels = ["--prediction-labels", "ct.nii.gz", "--reference-labels", "ct.nii.gz"];
    const more = ["--bone-dice", "--red", "--wepl", "--table", "thomas", "--out", "more"];
    const ran = await midash([...args, "--preset", "monai", "--data-range=-1000,1000", ...labels, ...more]);
    expect(ran.code, ran.err).toBe(0);
    const json = lastJson(ran) as {
      metrics: Record<string, { value: number; dataRange: unknown }>;
      classes: { mae: { voxels: number } }[];
      boneDice: { thresholds: unknown[] };
      labels: { labels: unknown[] };
      electronDensity: unknown;
      wepl: unknown;
    };
    expect(json.metrics.psnr!.dataRange).toEqual([-1000, 1000]);
    expect(json.metrics.mae!.value).toBeCloseTo((10 * json.classes[2]!.mae.voxels) / 4096, 9);
    expect(json.electronDensity).toMatchObject({ table: "thomas", mae: { value: expect.closeTo(0.01, 9) } });
    expect(json.wepl).toMatchObject({ to: "isocentre", mae: { unit: "mm" } });
    expect(json.boneDice.thresholds).toHaveLength(10);
    expect(json.labels.labels).toMatchObject([
      { dice: { value: 1 }, hd95: { value: 0 } },
      { dice: { value: 1 } },
    ]);
    expect(ran.err).toMatch(/path length, 95th percentile of \|difference\| +0\.\d\d +mm/);
    expect(ran.err).toMatch(/neither volume has a voxel of 100 ≤ HU ≤ 1500/);
    expect(await readFile(join(root, "more/report.html"), "utf8")).toContain("Other measures by case");
  });

  it("evaluate refuses what does not go together", async () => {
    const args = ["evaluate", "--prediction", "sct.nii.gz", "--reference", "ct.nii.gz", "--preset"];
    await refused([...args, "synthrad2025", "--prediction-labels", "ct.nii.gz"], /give both or neither/);
    await refused(
      [...args, "slice2d", "--data-range=0,1"],
      /data range of slice2d is part of its definition/,
    );
    await refused([...args, "monai", "--data-range=0"], /--data-range: must be 2 values/);
    await refused([...args, "synthrad2024"], /--preset: .*did you mean "synthrad2023"/);
    await refused(
      [...args, "synthrad2023", "--red", "--table", "matrat"],
      /--table: .*did you mean "matrad"/,
    );
    await refused(
      [...args, "synthrad2023", "--red", "--table", "no/such.csv"],
      /no\/such\.csv: can't be read \(ENOENT\)/,
    );
  });

  it("classify takes classes, a smallest part, a table, and writes electron density", async () => {
    await writeFile(join(root, "table.csv"), "HU,RED\n-1000,0\n1000,2\n");
    await writeFile(join(root, "classes.txt"), "low:..0\nhigh:0..\n");
    const args = ["classify", "ct.nii.gz", "two.nii.gz", "--kind", "density", "--json"];
    const density = ["--red", "red.nii.gz", "--table", "table.csv", "--min-ml", "0.5"];
    const ran = await midash([...args, "--classes", "classes.txt", ...density]);
    expect(ran.code, ran.err).toBe(0);
    const json = lastJson(ran) as { table: { name: string; sdHU: number }[] };
    const quantity = { quantity: "relative electron density, water = 1", table: "table.csv" };
    expect(json).toMatchObject({ minMl: 0.5, red: { file: "red.nii.gz", ...quantity } });
    expect(ran.err).toContain("red.nii.gz: relative electron density, water = 1, by table table.csv");
    expect(json.table.map(({ name }) => name)).toEqual(["low", "high"]);
    const red = lastJson(await midash(["info", "red.nii.gz", "--json"]));
    expect(red).toMatchObject({
      type: "float32",
      unit: "unknown",
      description: "midash; quantity=relative electron density, water = 1; simulated", // no room for the table
      range: { min: 0, max: expect.closeTo(1.04, 6) },
    });
    await refused(
      ["classify", "red.nii.gz", "o.nii.gz", "--kind", "density"],
      /red\.nii\.gz: is marked as relative electron density, water = 1, not HU; give a CT/,
    );
    await refused([...args.slice(0, -1), "--classes", "low:..0,high:5.."], /--classes: there is a gap/);
    await refused([...args.slice(0, -1), "--min-ml", "few"], /--min-ml: must be a number, 0 or more/);
    await refused([...args.slice(0, -1), "--red", "two.nii.gz"], /two\.nii\.gz: is the input too/);
  });

  it("classify takes the only kind that a file leaves, says so, and counts the body", async () => {
    const ran = await midash(["classify", "ct.nii.gz", "guessed.nii.gz"]);
    expect(ran.code, ran.err).toBe(0);
    expect(ran.out).toMatch(
      /^Kind: density, since ct\.nii\.gz (is in HU|has values of a CT); --kind says otherwise\n/,
    );
    expect(ran.out).toContain(
      "counted: the body of the CT (largest part above -300 HU, holes filled) (--mask none: all voxels)",
    );
    const voxels = (of: typeof ran) =>
      (lastJson(of) as unknown as { table: { voxels: number }[] }).table.reduce(
        (sum, row) => sum + row.voxels,
        0,
      );
    const soft = (ball("HU").data as Int16Array).filter((v) => v > -300).length;
    expect(voxels(await midash(["classify", "ct.nii.gz", "guessed.nii.gz", "--json"]))).toBe(soft);
    await refused(
      ["classify", "mr.nii.gz", "o.nii.gz"],
      /--kind: is missing, and mr\.nii\.gz is an MR; choose tissue or brain/,
    );
    await refused(["classify", "-", "o.nii.gz"], /--kind: is missing; choose density, tissue, brain/);
    await refused(
      ["classify", "zeros.nii.gz", "o.nii.gz"],
      /--kind: is missing, and zeros\.nii\.gz does not say what it shows/,
    );
    await refused(
      ["classify", "nothing.nii.gz", "o.nii.gz", "--kind", "density"],
      /nothing\.nii\.gz: no voxel is above -300 HU, so there is no body; give a mask, or --mask none to count all/,
    );
  });

  it("classify writes labels and a table", async () => {
    const all = ["--kind", "density", "--mask", "none"];
    const ran = await midash(["classify", "ct.nii.gz", "labels.nii.gz", ...all, "--json"]);
    const { table } = lastJson(ran) as { table: { name: string; voxels: number; mL: number }[] };
    const soft = (ball("HU").data as Int16Array).filter((v) => v > -300).length;
    expect(table.map((c) => [c.name, c.voxels])).toEqual([
      ["air", 4096 - soft],
      ["fat", 0],
      ["soft", soft],
      ["bone", 0],
    ]);
    expect(table[2]!.mL).toBeCloseTo(soft / 1000, 9);
    const labels = lastJson(await midash(["info", "labels.nii.gz", "--json"]));
    expect(labels).toMatchObject({ type: "uint8", range: { min: 1, max: 3 } });
  });
});

describe("train, synthesize", () => {
  it("trains on phantoms, refuses to overwrite, resumes, synthesises", async () => {
    const once = ["train", "phantom", "--out", "run", ...TINY, "--epochs", "1", "--steps-per-epoch", "2"];
    const first = await midash([...once, "--json"]);
    expect(first.code, first.err).toBe(0);
    expect(first.out.trimEnd().split("\n")).toHaveLength(1);
    expect(first.err).toContain("epoch 1/1");
    const json = lastJson(first);
    expect(json).toMatchObject({
      command: "train",
      simulated: true,
      epochs: 1,
      cases: { train: 2, validation: 1, test: 1 },
    });
    const numbers = json as unknown as {
      test: { synthrad2023: { mae: number } };
      baseline: { lookup: { mae: number } };
    };
    expect(numbers.test.synthrad2023.mae).toBeGreaterThan(0);
    expect(numbers.baseline.lookup.mae).toBeGreaterThan(0);
    expect((await readdir(join(root, "run"))).sort()).toEqual([
      "best.safetensors",
      "config.json",
      "ct.nii.gz",
      "last.safetensors",
      "log.csv",
      "log.jsonl",
      "metrics.json",
      "model.safetensors",
      "montage.png",
      "mr.nii.gz",
      "previews",
      "report.html",
      "run.json",
      "sct.nii.gz",
    ]);

    await refused(
      once,
      /run: already holds a run \(.*\); go on with it by --resume, or choose another folder/,
    );
    const more = await midash(["train", "phantom", "--out", "run", "--resume", "--epochs", "2"]);
    expect(more.code, more.err).toBe(0);
    expect(more.out).toContain("Resuming after epoch 1 of 2");
    const metrics = JSON.parse(await readFile(join(root, "run/metrics.json"), "utf8")) as {
      history: unknown[];
      settings: Record<string, unknown>;
    };
    expect(metrics.history).toHaveLength(2);
    expect(metrics.settings).toMatchObject({
      model: "unet",
      modelOptions: { baseFilters: 4, levels: 2 },
      epochs: 2,
    });
    await refusedResume();

    await put("coarse.nii.gz", ball("arbitrary").with({ affine: affineFromSpacing([5, 5, 5]) }));
    const model = ["--model", "run/model.safetensors"];
    const made = await midash(["synthesize", "coarse.nii.gz", "made.nii.gz", ...model, "--json"]);
    expect(made.code, made.err).toBe(0);
    expect(lastJson(made)).toMatchObject({
      command: "synthesize",
      shape: [16, 16, 16],
      backend: "wasm",
      resampled: true,
    });
    expect(lastJson(await midash(["info", "made.nii.gz", "--json"]))).toMatchObject({
      unit: "HU",
      simulated: true,
    });
    expect(lastJson(await midash(["info", "run/model.safetensors", "--json"]))).toMatchObject({
      kind: "model",
      name: "unet",
      config: { baseFilters: 4 },
      provenance: { trainedOn: "phantoms" },
      intendedFor: "phantoms",
    });
    await refused(["synthesize", "mr.nii.gz", "no/o.nii.gz", ...model], /the folder no does not exist/);
    await refused(["synthesize", "truncated.nii.gz", "o.nii.gz", ...model], /truncated/);
    await refused(
      ["synthesize", "mr.nii.gz", "o.nii.gz", ...model, "--mask", "other.nii.gz"],
      /other\.nii\.gz: is on another grid/,
    );
    await refused(
      ["synthesize", "mr.nii.gz", "o.nii.gz", "--model", "text.nii"],
      /text\.nii: .*safetensors.*; /,
    );
    for (const args of [["info"], ["synthesize", "mr.nii.gz", "o.nii.gz", "--model"]])
      await refused([...args, "run/last.safetensors"], /last\.safetensors: .*checkpoint.*best\.safetensors/);
    await refused(
      ["synthesize", "mr.nii.gz", "o.nii.gz", ...model, "--input", "t2=mr.nii.gz"],
      /--input: the model has no input "t2"; its only input is <in> \(t1\)/,
    );
  });

  /** Other settings are refused, and the run keeps its own. */
  async function refusedResume(): Promise<void> {
    const config = await readFile(join(root, "run/config.json"), "utf8");
    const { code, err } = await midash(["train", "phantom", "--out", "run", "--resume", "--levels", "3"]);
    expect([code, err]).toEqual([2, expect.stringMatching(/midash: .*other settings.*; resume.*\n$/)]);
    expect(await readFile(join(root, "run/config.json"), "utf8")).toBe(config);
  }

  it("trains a 3-D model on patches, which goes all the way", async () => {
    const run = ["train", "phantom", "--out", "patches", ...TINY, "--dims", "3"];
    const first = await midash([
      ...[...run, "--size", "8x16x12", "--overlap", "0.5", "--per-case", "2"],
      ...["--epochs", "1", "--steps-per-epoch", "2", "--batch-size", "2", "--flip"],
    ]);
    expect(first.code, first.err).toBe(0);
    expect(first.out).toContain("samples of 8×16×12");
    const more = await midash(["train", "phantom", "--out", "patches", "--resume", "--epochs", "2"]);
    expect(more.code, more.err).toBe(0);
    expect(more.out).toContain("Resuming after epoch 1 of 2");
    const model = ["--model", "patches/model.safetensors"];
    expect(lastJson(await midash(["info", "patches/model.safetensors", "--json"]))).toMatchObject({
      config: { dims: 3 },
      preparation: {
        sampler: { type: "patches", size: [8, 16, 12], overlap: 0.5, blend: "gaussian", perCase: 2 },
      },
    });
    const made = await midash(["synthesize", "patches/mr.nii.gz", "patches/a.nii.gz", ...model, "--json"]);
    expect(made.code, made.err).toBe(0);
    expect(lastJson(made)).toMatchObject({ shape: [32, 32, 16], backend: "wasm" });
    expect(await readFile(join(root, "patches/a.nii.gz"))).toEqual(
      await readFile(join(root, "patches/sct.nii.gz")),
    );
    const exported = await midash(["export-onnx", "patches/model.safetensors", "patches/model.onnx"]);
    expect(exported.code, exported.err).toBe(0);
    if (NO_ONNXRUNTIME) return;
    const file = ["--model", "patches/model.onnx", "--backend", "onnx", "--json"];
    const again = await midash(["synthesize", "patches/mr.nii.gz", "patches/b.nii.gz", ...file]);
    expect(again.code, again.err).toBe(0);
    expect(lastJson(again).backend).toBe("onnx");
    const [a, b] = [
      await readVolume(join(root, "patches/a.nii.gz")),
      await readVolume(join(root, "patches/b.nii.gz")),
    ];
    const apart = a.values().map((v, i) => Math.abs(v - b.values()[i]!));
    expect(Math.max(...apart)).toBeLessThanOrEqual(1); // whole HU in the files
  });

  it("stops at SIGINT and keeps the epochs done", async () => {
    const long = [
      "train",
      "phantom",
      "--out",
      "stopped",
      ...TINY,
      "--epochs",
      "500",
      "--steps-per-epoch",
      "2",
    ];
    const { code, err } = await midash(long, "epoch   1/500");
    expect([code, err]).toEqual([
      130,
      expect.stringContaining("interrupted; all steps done are kept, go on with --resume"),
    ]);
    const files = await readdir(join(root, "stopped"));
    expect(files.filter((name) => name !== "previous.safetensors").sort()).toEqual([
      "best.safetensors",
      "config.json",
      "last.safetensors",
      "log.csv",
      "log.jsonl",
      "previews",
      "run.json",
    ]);
  });

  it("tells damage of a run's files, and goes on where it can", async () => {
    await cp(join(root, "run"), join(root, "hurt"), { recursive: true }); // two epochs, from the first test
    const flip = async (name: string) => {
      const bytes = await readFile(join(root, name));
      bytes[bytes.length - 3]! ^= 1;
      await writeFile(join(root, name), bytes);
    };
    await flip("hurt/last.safetensors");
    await flip("hurt/model.safetensors");
    const model = ["--model", "hurt/model.safetensors"];
    await refused(
      ["synthesize", "mr.nii.gz", "o.nii.gz", ...model],
      /hurt\/model\.safetensors: is damaged: its content does not match its checksum .*; fetch or copy it again/,
    );
    const resume = ["train", "phantom", "--out", "hurt", "--resume"];
    const again = await midash(resume);
    expect(again.code, again.err).toBe(0);
    expect(again.out).toContain(
      "Warning: last.safetensors: is damaged; going on from previous.safetensors, after epoch 1",
    );
    await flip("hurt/last.safetensors");
    await flip("hurt/previous.safetensors");
    const lost = await midash(resume);
    expect([lost.code, lost.err]).toEqual([
      2,
      expect.stringMatching(
        /last\.safetensors and previous\.safetensors: damaged, and there is no other .*; start again in another folder/,
      ),
    ]);
    const config = join(root, "hurt/config.json");
    await writeFile(config, (await readFile(config, "utf8")).replace('"epochs": 2', '"epochs": 3'));
    await refused(
      resume,
      /hurt\/config\.json: is damaged or was edited: .*; give changed settings as options/,
    );
  });

  it("one process at a time writes in a run's folder", async () => {
    const unlock = await fileRunStore(join(root, "shared")).lock!();
    const args = ["train", "phantom", "--out", "shared", ...TINY, "--epochs", "1", "--steps-per-epoch", "1"];
    const says = new RegExp(
      `shared/\\.lock: process ${process.pid} on .* is writing this run; wait for it or stop`,
    );
    const { code, err } = await midash(args);
    expect([code, err]).toEqual([2, expect.stringMatching(says)]);
    await writeFile(join(root, "shared", "config.json"), "{}");
    await refused([...args, "--resume"], says);
    await unlock();
  });

  it("asks for each input of a model of several", async () => {
    const tiny = ["train", "phantom", "--out", "two", ...TINY, "--epochs", "1", "--steps-per-epoch", "1"];
    const { code, err } = await midash([...tiny, "--inputs", "t1,t2"]);
    expect(code, err).toBe(0);
    const made = ["synthesize", "mr.nii.gz", "o.nii.gz", "--model", "two/model.safetensors"];
    await refused(made, /--input: the model needs t2 beside <in> \(t1\); add --input t2=FILE/);
    await refused([...made, "--input", "t2=mr.nii.gz", "--input", "t2=mr.nii.gz"], /"t2" is given twice/);
  });

  it("ended within its first epoch by SIGTERM it goes on from that step, and says what it ran on", async () => {
    const first = ["train", "phantom", "--out", "begun", ...TINY, "--epochs", "1", "--steps-per-epoch", "40"];
    const { code, err } = await midash(first, "Training ", "SIGTERM");
    // On a busy machine a line of progress comes before it.
    expect([code, err]).toEqual([
      143,
      expect.stringMatching(
        /(^|\n)midash: interrupted; (no step was done|all steps done are kept, go on with --resume)\n$/,
      ),
    ]);
    const again = await midash(["train", "phantom", "--out", "begun", "--resume"]);
    expect(again.code, again.err).toBe(0);
    const begun = err.includes("no step")
      ? "The run in begun has no checkpoint: starting from the beginning"
      : "Resuming in epoch 1 of 1, after step ";
    expect(again.out).toContain(begun);
    expect(again.out).toContain("epoch 1/1");
    const record = JSON.parse(await readFile(join(root, "begun/run.json"), "utf8"));
    const start = {
      at: expect.stringMatching(/^20.*Z$/),
      step: expect.any(Number),
      epoch: 0,
      backend: "wasm",
      versions: {
        midash: expect.any(String),
        node: process.versions.node,
        tfjs: expect.stringMatching(/^4\./),
      },
      git: null,
    };
    expect(record).toMatchObject({
      schema: 1,
      data: { cases: { train: 2, validation: 1, test: 1 }, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      model: { name: "unet", parameters: expect.any(Number) },
      options: { seed: 0, batchSize: 8, epochs: 1, stepsPerEpoch: 40, schedule: { name: "constant" } },
      starts: err.includes("no step") ? [start] : [start, start],
    });
  });
});
