/** `midash synthesize` as a job: cohorts, resuming, phantoms and patients, orientation, what there is to look at. Needs `npm run build` first. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVolume, saveModel, writeVolume } from "../src/host/node/index.ts";
import {
  orientationOf,
  phantomDataset,
  phantomSubject,
  reorient,
  Trainer,
  UNet,
  type Volume,
} from "../src/index.ts";
import { wasm } from "../src/networks/backends/index.ts";
import { type Changes, madeSlice } from "./support/made-dicom.ts";
import { lastJson, MAIN, midashIn, refusedIn } from "./support/midash.ts";

let root = "";
let mr: Volume;
const midash = (...args: readonly string[]) => midashIn(root, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(root, args, says);
const at = (...parts: readonly string[]) => join(root, ...parts);
const json = async (...parts: readonly string[]) => JSON.parse(await readFile(at(...parts), "utf8"));
const OWN = ["--model", "own.safetensors"];

/** A DICOM series of MR whose slices are sagittal. */
async function sagittalSeries(folder: string, changes: Changes = {}): Promise<void> {
  await mkdir(at(folder), { recursive: true });
  for (const k of [0, 1, 2, 3]) {
    const own: Changes = {
      Modality: "MR",
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
      SOPInstanceUID: `1.2.3.${k + 1}`,
      ImageOrientationPatient: "0\\1\\0\\0\\0\\-1",
      ImagePositionPatient: `${-10 + 8 * k}\\-20\\30`,
      PixelSpacing: "7\\7",
      SliceThickness: "8",
      ...changes,
    };
    await writeFile(at(folder, `IM${k}`), madeSlice(k, own));
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-cli-synthesize-"));
  const trainer = new Trainer({
    model: UNet({ baseFilters: 2, levels: 2 }),
    backend: wasm(),
    epochs: 1,
    stepsPerEpoch: 2,
  });
  const subjects = { train: 1, validation: 0, test: 0 };
  for await (const _ of trainer.fit(phantomDataset({ subjects, shape: [24, 28, 20], spacing: [8, 8, 8] })));
  const bundle = trainer.result();
  await saveModel(at("phantoms.safetensors"), bundle);
  const provenance = { ...bundle.provenance, trainedOn: "patients" } as const;
  await saveModel(at("own.safetensors"), { ...bundle, provenance, intendedFor: "any" });
  const other = { ...bundle, provenance: { ...provenance, seed: 9 }, intendedFor: "any" } as const;
  await saveModel(at("other.safetensors"), other);
  for (const id of ["a", "b", "c"]) {
    const { inputs } = await phantomSubject({
      seed: 1,
      subject: id.charCodeAt(0),
      shape: [24, 28, 20],
      spacing: [8, 8, 8],
    });
    mr = inputs.t1!.with({ simulated: false });
    await mkdir(at("data", id), { recursive: true });
    await writeVolume(at("data", id, "mr.nii.gz"), mr);
  }
  await writeVolume(at("mr.nii.gz"), mr);
  await writeVolume(at("phantom.nii.gz"), mr.with({ simulated: true }));
  await cp(at("data"), at("bad"), { recursive: true });
  await mkdir(at("bad/broken"));
  await writeFile(at("bad/broken/mr.nii.gz"), (await readFile(at("mr.nii.gz"))).subarray(0, 500));
  await mkdir(at("bad/hu"));
  await writeVolume(at("bad/hu/mr.nii.gz"), mr.with({ unit: "HU" }));
  await sagittalSeries("series/one");
  await sagittalSeries("series/two", { SeriesInstanceUID: "1.2.7", SeriesDescription: "t2 space" });
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("a cohort", () => {
  it("makes every case whole, lists what failed with the reason, and ends with 2", async () => {
    const { code, out, err } = await midash("synthesize", "bad", "made", ...OWN);
    expect(code).toBe(2);
    expect(err.trimEnd()).toBe("midash: 2 of 5 cases failed: broken, hu");
    expect(out).toContain("made: 3 synthetic CTs made, 0 there before, 2 failed");
    expect(out).toMatch(/^broken: .*truncated/m);
    expect(out).toMatch(/^hu: bad\/hu\/mr\.nii\.gz: is marked as a CT in HU, not MR; give an MR$/m);
    expect((await readdir(at("made"))).sort()).toEqual(["a", "b", "c", "synthesis.json"]);
    expect((await readdir(at("made/a"))).sort()).toEqual(["sct.json", "sct.nii.gz"]);
    const summary = await json("made/synthesis.json");
    expect(summary).toMatchObject({ made: ["a", "b", "c"], skipped: [], trainedOn: "patients" });
    expect(summary.failed.map(({ id, kind }: { id: string; kind: string }) => [id, kind])).toEqual([
      ["broken", "invalid-file"],
      ["hu", "invalid-argument"],
    ]);
    const alone = await midash("synthesize", "data/a/mr.nii.gz", "alone.nii.gz", ...OWN);
    expect(alone.code).toBe(0);
    const [one, cohort] = [await readVolume(at("alone.nii.gz")), await readVolume(at("made/a/sct.nii.gz"))];
    expect(cohort.values().every((v, n) => v === one.values()[n])).toBe(true);
  });

  it("goes on where it stopped: cases that are whole are skipped, those that failed are tried again", async () => {
    const before = await stat(at("made/a/sct.nii.gz"));
    await rm(at("made/b"), { recursive: true });
    await mkdir(at("made/.c.0f8fad5b-d9cb-469f-a165-70867728950e.tmp")); // of a killed process
    await writeFile(at("made/.c.0f8fad5b-d9cb-469f-a165-70867728950e.tmp/sct.nii.gz"), "half");
    await rm(at("bad/broken"), { recursive: true });
    await rm(at("bad/hu"), { recursive: true });
    const again = await midash("synthesize", "bad", "made", ...OWN, "--json");
    expect([again.code, lastJson(again).made, lastJson(again).skipped]).toEqual([0, ["b"], ["a", "c"]]);
    expect((await stat(at("made/a/sct.nii.gz"))).mtimeMs).toBe(before.mtimeMs);
    expect((await readdir(at("made"))).sort()).toEqual(["a", "b", "c", "synthesis.json"]);
  });

  it("never mixes settings: others are refused, --overwrite makes all again", async () => {
    await refused(
      ["synthesize", "bad", "made", ...OWN, "--flips", "x"],
      /made\/a: was made with other settings: flips \[\], now \["x"\]; choose another <out>, or give --overwrite/,
    );
    const again = await midash("synthesize", "bad", "made", ...OWN, "--flips", "x", "--overwrite", "--json");
    expect([again.code, lastJson(again).made]).toEqual([0, ["a", "b", "c"]]);
    expect((await readdir(at("made/a"))).sort()).toEqual(["sct.json", "sct.nii.gz", "sct_spread.nii.gz"]);
  });

  it("leaves whole cases alone when it is killed or interrupted, and says how to go on", async () => {
    for (const [signal, code] of [
      ["SIGKILL", null],
      ["SIGINT", 130],
    ] as const) {
      const ended = await endedAfterFirst(signal, ["synthesize", "data", signal, ...OWN, "--flips", "x,y,z"]);
      expect(ended.code).toBe(code);
      if (code !== null)
        expect(ended.err).toMatch(/interrupted after \d of 3 cases; the same command goes on/);
      const left = (await readdir(at(signal))).filter((name) => !name.startsWith("."));
      for (const id of left.filter((name) => name !== "synthesis.json"))
        expect((await readdir(at(signal, id))).sort()).toEqual([
          "sct.json",
          "sct.nii.gz",
          "sct_spread.nii.gz",
        ]);
      const again = await midash("synthesize", "data", signal, ...OWN, "--flips", "x,y,z", "--json");
      expect(again.code, again.err).toBe(0);
      expect((lastJson(again).skipped as string[]).length).toBeGreaterThan(0);
      expect((await readdir(at(signal))).sort()).toEqual(["a", "b", "c", "synthesis.json"]);
    }
  });

  it("takes several models, names of files in a folder, and pictures of each case", async () => {
    await mkdir(at("flat"));
    await cp(at("mr.nii.gz"), at("flat/p1.nii.gz"));
    const models = [...OWN, "--model", "other.safetensors"];
    const ran = await midash(
      ...["synthesize", "flat", "averaged", ...models, "--report", "report.html", "--png", "sct.png"],
      ...["--format", "nrrd", "--json"],
    );
    expect(ran.code, ran.err).toBe(0);
    const files = ["report.html", "sct.json", "sct.nrrd", "sct.png", "sct_spread.nrrd"];
    expect((await readdir(at("averaged/p1"))).sort()).toEqual(files);
    expect(await json("averaged/p1/sct.json")).toMatchObject({ report: "report.html", png: "sct.png" });
  });

  it("writes DICOM for DICOM, axial slices of sagittal ones", async () => {
    const ran = await midash("synthesize", "series", "dicom", ...OWN, "--description", "test", "--json");
    expect(ran.code, ran.err).toBe(0);
    expect(lastJson(ran).made).toEqual(["one", "two"]);
    const sct = await readVolume(at("dicom/two/sct"));
    expect([sct.unit, orientationOf(sct.affine), sct.meta.seriesDescription]).toEqual([
      "HU",
      "LPS",
      "SYNTHETIC CT (not for diagnosis) test",
    ]);
    const source = await readVolume(at("series/two"));
    expect([...sct.shape].sort()).toEqual([...source.shape].sort());
    expect((await json("dicom/synthesis.json")).cases[1].warnings).toEqual([
      'inputs: the input "t1" is t2 as its file says, and the model was trained on t1',
    ]);
  });

  it("warns that a CT in DICOM will not match an MR without a frame of reference by itself", async () => {
    await sagittalSeries("frameless", { FrameOfReferenceUID: null, PatientPosition: null });
    const ran = await midash("synthesize", "frameless", "frameless-sct", ...OWN, "--json");
    expect(ran.code, ran.err).toBe(0);
    const says = [
      /the MR names no frame of reference: the CT has one of its own, and a planning system will not match them by itself/,
      /the MR does not say how the patient lay/,
    ];
    const { warnings } = lastJson(ran) as { readonly warnings: readonly string[] };
    for (const text of says) {
      expect(warnings.filter((warning) => text.test(warning))).toHaveLength(1);
      expect(
        ran.err.split("\n").filter((line) => line.startsWith("Warning: ") && text.test(line)),
      ).toHaveLength(1);
    }
    await mkdir(at("frameless-cohort"));
    await cp(at("frameless"), at("frameless-cohort/a"), { recursive: true });
    await cp(at("series/one"), at("frameless-cohort/b"), { recursive: true });
    await midash("synthesize", "frameless-cohort", "frameless-made", ...OWN);
    const { cases } = await json("frameless-made/synthesis.json");
    for (const text of says) {
      expect(cases[0].warnings).toContainEqual(expect.stringMatching(text));
      expect(cases[1].warnings).not.toContainEqual(expect.stringMatching(text));
    }
  });

  it("complains of an input that is not there or is empty first", async () => {
    await mkdir(at("hollow/below"), { recursive: true });
    await refused(
      ["synthesize", "nothere", "out", ...OWN],
      /^midash: nothere: no such file or folder; check/,
    );
    await refused(
      ["synthesize", "hollow", "o.nii.gz", ...OWN],
      /^midash: hollow: the folder is empty; check/,
    );
    await refused(["synthesize", "hollow", "out", ...OWN], /^midash: hollow: the folder is empty; check/);
    await refused(["info", "hollow"], /^midash: hollow: the folder is empty; check/);
  });

  it("ends with 1 when a case failed by a fault of ours", async () => {
    await mkdir(at("faulty/boom"), { recursive: true });
    await writeFile(at("faulty/boom/mr.boom"), "BOOM");
    await writeFile(
      at("faulty.config.mjs"),
      `export default { plugins: [{ name: "boom", formats: { boom: { name: "boom", extensions: [".boom"],
        sniff: (head) => head[0] === 66 && head[1] === 79, read() { throw new TypeError("oops"); } } } }] };`,
    );
    const ran = await midash("synthesize", "faulty", "f", ...OWN, "--config", "faulty.config.mjs", "--json");
    expect([ran.code, lastJson(ran).failed]).toEqual([1, [{ id: "boom", kind: "internal", reason: "oops" }]]);
  });

  it("takes a folder of masks; a case without one fails", async () => {
    await mkdir(at("masks"));
    const body = Uint8Array.from(mr.values(), (_, n) => (n % 24 < 12 ? 1 : 0));
    for (const id of ["a", "c"])
      await writeVolume(at("masks", `${id}.nii.gz`), mr.with({ data: body, unit: "unknown" }));
    const { code, out } = await midash("synthesize", "data", "masked", ...OWN, "--mask", "masks");
    expect(code).toBe(2);
    expect(out).toMatch(/^b: masks: holds no mask of this case; add one, or leave --mask out$/m);
    const sct = await readVolume(at("masked/c/sct.nii.gz"));
    expect(sct.values().every((hu, n) => body[n] === 1 || hu === -1000)).toBe(true);
    expect(await json("masked/c/sct.json")).toMatchObject({ outside: "air, given mask" });
  });

  it("refuses what would not be a cohort's", async () => {
    const of = (...more: readonly string[]) => ["synthesize", "data", "o", ...OWN, ...more];
    await refused(["synthesize", "data", "data", ...OWN], /data: is the input too/);
    await refused(["synthesize", "data", "o.nii.gz", ...OWN], /data: holds 3 cases, and <out> is one file/);
    await refused(of("--input", "t2=x.nii"), /--input: is for one MR/);
    await refused(of("--report", "x/y.html"), /--report: must be a file's name in each case's folder/);
    await refused(
      ["synthesize", "mr.nii.gz", "o.nii.gz", ...OWN, "--overwrite"],
      /--overwrite: is for cohorts/,
    );
    await mkdir(at("mine/a"), { recursive: true });
    await writeFile(at("mine/a/notes.txt"), "mine");
    const { code, out } = await midash("synthesize", "data", "mine", ...OWN);
    expect(code).toBe(2);
    expect(out).toContain("a: mine/a: is there, and holds no case that synthesize made");
    expect(await readdir(at("mine/a"))).toEqual(["notes.txt"]);
  });
});

describe("a model of phantoms", () => {
  const PHANTOMS = ["--model", "phantoms.safetensors"];

  it("refuses a measured MR, and takes a phantom by its file's mark", async () => {
    await refused(
      ["synthesize", "mr.nii.gz", "o.nii.gz", ...PHANTOMS],
      /the model unet is meant for phantoms alone, and the input "t1" is not simulated; .*--allow-phantom-model/,
    );
    const ran = await midash("synthesize", "phantom.nii.gz", "p.nii.gz", ...PHANTOMS, "--json");
    expect(lastJson(ran)).toMatchObject({ simulated: true, trainedOn: "phantoms", warnings: [] });
  });

  it("is said everywhere when that is allowed", async () => {
    const files = ["--report", "phantom.html", "--png", "phantom.png"];
    const args = [
      "synthesize",
      "mr.nii.gz",
      "allowed.nii.gz",
      ...PHANTOMS,
      "--allow-phantom-model",
      ...files,
    ];
    const { out } = await midash(...args);
    expect(out).toContain("Warning: inputs: the model unet is meant for phantoms alone");
    expect(out).toContain("The model was trained on phantoms (heads drawn by formulas) alone");
    expect(lastJson(await midash(...args, "--json"))).toMatchObject({
      simulated: false,
      trainedOn: "phantoms",
      intendedFor: "phantoms",
      warnings: [expect.stringContaining("means nothing")],
    });
    expect((await readVolume(at("allowed.nii.gz"))).meta.description).toBe(
      "midash; unit=HU; trained on phantoms",
    );
    const page = await readFile(at("phantom.html"), "utf8");
    expect(page).toContain("Trained on phantoms alone.");
    expect(page).toContain("what it makes of a patient means nothing");
    expect(page).toContain("Research software, not a medical device.");
    for (const plane of ["axial", "coronal", "sagittal"]) expect(page).toContain(`${plane} slice`);
    expect([...(await readFile(at("phantom.png"))).subarray(1, 4)]).toEqual([80, 78, 71]);
    await midash("synthesize", "series/one", "allowed", ...PHANTOMS, "--allow-phantom-model");
    expect((await readVolume(at("allowed"))).meta.seriesDescription).toBe(
      "SYNTHETIC CT (not for diagnosis) PHANTOM MODEL",
    );
  });
});

describe("one MR", () => {
  it("has its slices as --orientation says, each voxel where it was", async () => {
    await midash("synthesize", "mr.nii.gz", "usual.nii.gz", ...OWN);
    const like = reorient(await readVolume(at("usual.nii.gz")), "RAS");
    const bytesOf = (volume: Volume) => Buffer.from(Float32Array.from(volume.values()).buffer);
    for (const [which, axes] of [
      ["axial", "LPS"],
      ["sagittal", "PIR"],
      ["coronal", "LIP"],
      ["as-input", orientationOf(mr.affine)],
    ] as const) {
      await midash("synthesize", "mr.nii.gz", "turned.nii.gz", ...OWN, "--orientation", which);
      const sct = await readVolume(at("turned.nii.gz"));
      expect(orientationOf(sct.affine)).toBe(axes);
      const straight = reorient(sct, "RAS");
      expect([straight.shape, straight.affine]).toEqual([like.shape, like.affine]);
      expect(Buffer.compare(bytesOf(straight), bytesOf(like))).toBe(0);
    }
    await refused(
      ["synthesize", "mr.nii.gz", "o.nii.gz", ...OWN, "--orientation", "oblique"],
      /--orientation: .*oblique/,
    );
    await midash("synthesize", "series/one", "as-input", ...OWN, "--orientation", "as-input");
    expect(orientationOf((await readVolume(at("as-input"))).affine)).toBe(
      orientationOf((await readVolume(at("series/one"))).affine),
    );
  });

  it("that is another modality is warned of", async () => {
    const hu = mr.with({
      data: Float32Array.from(mr.values(), (v, n) => (v > 100 ? 40 + (n % 20) : -1000 + (n % 30))),
      unit: "unknown",
    });
    await writeVolume(at("ct.nii.gz"), hu);
    const ran = await midash("synthesize", "ct.nii.gz", "o.nii.gz", ...OWN, "--json");
    expect(lastJson(ran).warnings).toEqual([
      'inputs: the input "t1" has the values of a CT in HU, not those of an MR',
    ]);
    await rm(at("o.nii.gz"));
  });
});

it("classify shows what it found", async () => {
  const files = ["--report", "density.html", "--png", "density.png"];
  const ran = await midash(
    "classify",
    "allowed.nii.gz",
    "density.nii.gz",
    "--kind",
    "density",
    ...files,
    "--json",
  );
  expect(ran.code, ran.err).toBe(0);
  expect(lastJson(ran)).toMatchObject({ report: "density.html", png: "density.png" });
  const page = await readFile(at("density.html"), "utf8");
  for (const name of ["outside", "air", "fat", "soft", "bone"]) expect(page).toContain(`</svg> ${name}</li>`);
  expect(page).toContain("Trained on phantoms alone.");
  expect(existsSync(at("density.png"))).toBe(true);
  await refused(
    ["classify", "allowed.nii.gz", "o.nii.gz", "--kind", "density", "--report", "o.txt"],
    /o\.txt: no format for this extension; use one of \.html, \.htm/,
  );
});

/** Runs midash and sends a signal once the first case is there. */
function endedAfterFirst(signal: NodeJS.Signals, args: readonly string[]) {
  return new Promise<{ readonly code: number | null; readonly err: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: root });
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    const poll = setInterval(() => {
      if (!existsSync(at(args[2]!, "a"))) return;
      clearInterval(poll); // a second signal would end it at once
      child.kill(signal);
    }, 5);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(poll);
      resolve({ code, err });
    });
  });
}
