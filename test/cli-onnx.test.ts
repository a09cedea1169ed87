/**
 * A network from PyTorch by the command line alone, in the built package (`npm run build` comes first): the ONNX file that torch.onnx.export
 * wrote (test/fixtures/onnx/make_onnx.py) is described, imported and used.
 */
import { copyFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVolume, writeVolume } from "../src/host/node/index.ts";
import { phantomSubject } from "../src/imaging/phantom/index.ts";
import { Volume } from "../src/imaging/volume/index.ts";
import { UNet } from "../src/networks/models/index.ts";
import { encodeModel } from "../src/road/model-file/index.ts";
import { exportOnnx } from "../src/road/model-file/onnx/index.ts";
import outputs from "./fixtures/onnx/outputs.json" with { type: "json" };
import { bundleOf } from "./support/identity-model.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";
import { trainedWeights } from "./support/onnx-models.ts";
import { NO_ONNXRUNTIME, withOnnxRuntime } from "./support/onnxruntime.ts";
import { root } from "./support/pack.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-import-"));
  const fixtures = join(root, "test/fixtures/onnx");
  for (const name of (await readdir(fixtures)).filter((file) => file.endsWith(".onnx")))
    await copyFile(join(fixtures, name), join(folder, name));
  const { shape, input } = outputs.any;
  const [n, , h, w] = shape as [number, number, number, number];
  await writeVolume(
    join(folder, "noise.nii"),
    new Volume({ shape: [w, h, n], data: Float32Array.from(input) }),
  );
  const { inputs } = await phantomSubject({ shape: [28, 32, 20], spacing: [7, 7, 8], seed: 7 });
  await writeVolume(join(folder, "phantom.nii.gz"), inputs.t1!);
  const spec = UNet({ baseFilters: 2, levels: 2, classes: ["air", "soft", "bone"] });
  const bundle = {
    ...bundleOf({ spacing: [7, 7, 8] }),
    model: { name: spec.name, config: spec.config },
    weights: await trainedWeights(spec),
    licence: "CC-BY-4.0",
  };
  await writeFile(join(folder, "classes.safetensors"), encodeModel(bundle));
  await writeFile(join(folder, "classes.onnx"), await exportOnnx(bundle));
  // The same network as others would write it: nothing is said of its channels and steps.
  await writeFile(join(folder, "bare.onnx"), await exportOnnx({ spec, weights: bundle.weights }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const midash = (...args: readonly string[]) => midashIn(folder, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(folder, args, says);
const done = async (...args: readonly string[]) => {
  const ran = await midash(...args);
  expect(ran.code, ran.err).toBe(0);
  return ran;
};

describe.skipIf(NO_ONNXRUNTIME)(withOnnxRuntime("a PyTorch network by the command line"), () => {
  /** Numbers as they are, so that the network's own come out. */
  const AS_IT_IS = [
    "--normalise",
    "window:0,1:unclipped",
    "--window",
    "0,1",
    "--no-clip",
    "--outside",
    "keep",
  ];

  it.each(["model.safetensors", "model.onnx"])("gives PyTorch's numbers, by way of %s", async (model) => {
    const how = ["--spacing", "1,1,1", "--multiple-of", "4", ...AS_IT_IS];
    const imported = lastJson(await done("import-onnx", "unet.onnx", model, ...how, "--json"));
    expect(imported).toMatchObject({
      use: { input: "mr", output: "ct", layout: "NCHW", inChannels: 1, outChannels: 1, size: [0, 0] },
      tried: { size: [64, 64] },
      assumed: [
        "slices are axial (--axis)",
        expect.stringMatching(/^row 0 of a sample is posterior, column 0 is left; .*DICOM.*wrapper/),
        "its output runs from 0 to 1 (--range)",
      ],
      unknownOperators: [],
    });
    await done("synthesize", "noise.nii", "numbers.nii", "--model", model, "--backend", "auto");
    const { data } = await readVolume(join(folder, "numbers.nii"));
    const { output } = outputs.any;
    const largest = Math.max(...output.map(Math.abs));
    const worst = Math.max(...output.map((value, i) => Math.abs(data[i]! - value)));
    expect(worst / largest).toBeLessThan(1e-5);
  });

  it("makes a synthetic CT of a phantom, and says what was taken for what", async () => {
    const ran = await done(
      ...[
        "import-onnx",
        "unet.onnx",
        "head.safetensors",
        "--spacing",
        "7,7,8",
        "--window",
        "-1024,3071",
        "--range",
        "-3,3",
      ],
    );
    expect(ran.out).toContain('takes "mr" [batch, 1, height, width] as NCHW, 1 channel');
    expect(ran.out).toContain("resampled to 7 × 7 × 8 mm");
    expect(ran.out).toContain("Tried on 64×64 zeros: it runs");
    expect(ran.out).toMatch(
      /Assumed, .*:\n {2}percentiles normalise the MR \(--normalise\)\n {2}sizes in multiples of 32/,
    );
    const args = ["synthesize", "phantom.nii.gz", "sct.nii.gz", "--model", "head.safetensors"];
    expect(lastJson(await done(...args, "--json")).backend).toBe("onnx");
    const sct = await readVolume(join(folder, "sct.nii.gz"));
    expect([sct.shape, sct.unit, new Set(sct.data).size > 1000]).toEqual([[28, 32, 20], "HU", true]);
  });

  it("knows tiles, patches, layouts and channels last", async () => {
    const hu = ["--spacing", "2,2,2", "--window", "hu", "--json"];
    const sampler = async (...args: readonly string[]) =>
      (lastJson(await done("import-onnx", ...args, ...hu)).preparation as { readonly sampler: object })
        .sampler;
    expect(await sampler("fixed.onnx", "a.safetensors")).toMatchObject({ size: [16, 24], fit: "tile" });
    expect(
      await sampler("fixed.onnx", "a.safetensors", "--axis", "coronal", "--overlap", "0.5"),
    ).toMatchObject({
      axis: "coronal",
      size: [16, 24],
      fit: "tile",
      overlap: 0.5,
    });
    const lying = async (...args: readonly string[]) =>
      (lastJson(await done("import-onnx", ...args, ...hu)).assumed as readonly string[]).join("\n");
    expect(await lying("fixed.onnx", "a.safetensors", "--axis", "sagittal")).toContain(
      "row 0 of a sample is inferior, column 0 is posterior;",
    );
    expect(await lying("volumes.onnx", "a.safetensors")).toContain(
      "plane 0 of a sample is inferior, row 0 is posterior, column 0 is left;",
    );
    expect(await sampler("volumes.onnx", "a.safetensors")).toMatchObject({
      type: "patches",
      size: [4, 8, 8],
    });
    expect(await sampler("channels-last.onnx", "a.safetensors", "--size", "64x32")).toMatchObject({
      size: [64, 32],
      fit: "crop-pad",
    });
    expect(await sampler("two-outputs.onnx", "a.safetensors", "--output", "twice")).toMatchObject({
      axis: "axial",
    });
  });

  it("names channels of classes, which synthesize writes as labels", async () => {
    const own = await done("import-onnx", "classes.onnx", "own.safetensors", "--json"); // says all by itself
    expect(lastJson(own)).toMatchObject({ licence: "CC-BY-4.0", assumed: [] });
    await refused(
      [
        "import-onnx",
        "bare.onnx",
        "x.safetensors",
        "--spacing",
        "7,7,8",
        "--window",
        "hu",
        "--outputs",
        "ct",
      ],
      /bare\.onnx: the output "output" has 4 channels \(NCHW\), not 1; say what each is by --outputs/,
    );
    const { preparation } = bundleOf({ spacing: [7, 7, 8] });
    expect(preparation.inputs).toEqual([{ name: "mr" }]);
    const named = ["--outputs", "ct,tissue=air/soft/bone", "--inputs", "mr", "--licence", "MIT"];
    const how = ["--spacing", "7,7,8", "--window", "-1024,3071", ...named];
    await done("import-onnx", "bare.onnx", "bare.safetensors", ...how);
    const args = [
      "synthesize",
      "phantom.nii.gz",
      "c.nii.gz",
      "--model",
      "bare.safetensors",
      "--backend",
      "onnx",
    ];
    const { maps } = lastJson(await done(...args, "--json"));
    expect(maps).toEqual({ tissue: "c_tissue.nii.gz" });
    const labels = await readVolume(join(folder, "c_tissue.nii.gz"));
    expect(Math.max(...labels.data)).toBeLessThanOrEqual(2);
  });

  it("refuses what can't be, in one line, and writes nothing", async () => {
    const to = (...args: readonly string[]) => ["import-onnx", args[0]!, "x.safetensors", ...args.slice(1)];
    const rest = ["--spacing", "1,1,1", "--window", "hu"];
    await refused(to("absent.onnx", ...rest), /absent\.onnx: .*no such file/);
    await refused(to("noise.nii", ...rest), /noise\.nii: is no ONNX file/);
    await refused(["import-onnx", "unet.onnx", "x.nii", ...rest], /must end in \.safetensors or \.onnx/);
    await refused(["import-onnx", "unet.onnx", "unet.onnx", ...rest], /<out>: is the network itself/);
    await refused(to("unet.onnx", "--window", "hu"), /--spacing: must be told/);
    await refused(to("unet.onnx", "--spacing", "1,1,1"), /--window: must be told/);
    await refused(to("unet.onnx", "--spacing", "1,1,1", "--range", "0,1"), /--range: goes with --window/);
    await refused(
      to("unet.onnx", "--spacing", "1,1,1", "--window", "5,5"),
      /--window: must be low before high/,
    );
    await refused(to("two-inputs.onnx", ...rest), /the network has 2 inputs/);
    await refused(to("two-outputs.onnx", ...rest), /2 outputs: ct, twice; choose one by --output\n/);
    await refused(to("half.onnx", ...rest), /is float16; export the network in float32/);
    await refused(
      to("unet.onnx", ...rest, "--multiple-of", "3"),
      /does not run on 66×66 zeros: .*--multiple-of/,
    );
    await refused(
      to("unet.onnx", ...rest, "--normalise", "percentil"),
      /--normalise: must be .* did you mean "percentile"/,
    );
    await refused(
      to("unet.onnx", ...rest, "--normalise", "t2=zscore"),
      /--normalise: there is no input "t2"/,
    );
    await refused(to("unet.onnx", ...rest, "--normalise", "window"), /--normalise: .*needs the values/);
    await refused(to("unet.onnx", ...rest, "--inputs", "t1,t2"), /takes 1 input channel/);
    await refused(to("unet.onnx", ...rest, "--outputs", "ct=x"), /--outputs: must be a list of/);
    await refused(to("volumes.onnx", ...rest, "--axis", "coronal"), /--axis: patches have no such option/);
    await refused(to("classes.onnx", "--bias-field"), /--bias-field: the file says which steps there are/);
  });
});

describe("midash info", () => {
  it("describes an ONNX file, with what import-onnx must be told", async () => {
    const { out } = await done("info", "unet.onnx");
    expect(out).toContain("mr: float32 [batch, 1, height, width]");
    expect(out).toMatch(/operators +Concat 2, Conv 11, ConvTranspose 2/);
    expect(out).toMatch(/steps +not stated: npx @midash\/core import-onnx unet\.onnx/);
    expect(lastJson(await done("info", "two-inputs.onnx", "--json"))).toMatchObject({
      kind: "onnx",
      inputs: ["t1: float32 [2, 1, 32, 24]", "t2: float32 [2, 1, 32, 24]"],
      operators: { Add: 1 },
      usable: expect.stringMatching(/^no: the network has 2 inputs/),
    });
    expect((await done("info", "classes.onnx")).out).toMatch(/preparation +inputs mr\n +turned to RAS/);
  });

  it.skipIf(NO_ONNXRUNTIME)("describes a model that came as one, and dumps none of it", async () => {
    await done("import-onnx", "unet.onnx", "i.safetensors", "--spacing", "1,1,1", "--window", "hu");
    await done("import-onnx", "unet.onnx", "i.onnx", "--spacing", "1,1,1", "--window", "hu");
    for (const file of ["i.safetensors", "i.onnx"]) {
      const { out } = await done("info", file);
      expect(out).toMatch(/operators +Concat 2, Conv 11/);
      expect(out).toContain("resampled to 1 × 1 × 1 mm");
      expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThan(300);
      expect((await done("info", file, "--json")).out).not.toMatch(/[A-Za-z0-9+/]{200}/);
    }
  });
});

describe("midash info of operators", () => {
  it("counts those in branches and functions, and names those that nobody has", async () => {
    expect(lastJson(await done("info", "operators.onnx", "--json"))).toMatchObject({
      opsets: { "ai.onnx": 18, local: 1, "com.microsoft": 1, "com.example": 3 },
      operators: {
        Add: 1,
        Constant: 1,
        If: 1,
        Neg: 1,
        Relu: 1,
        "com.microsoft.Gelu": 1,
        "com.example.Sharpen": 1,
        "local.Twice": 1,
      },
      unknownOperators: ["com.example.Sharpen"],
    });
  });
});

describe("midash list", () => {
  it("lists losses and metrics with their options", async () => {
    const all = lastJson(await done("list", "--json"));
    expect(Object.keys(all)).toEqual([
      "command",
      "losses",
      "optimizers",
      "schedules",
      "augmentations",
      "watches",
      "metrics",
    ]);
    expect(all.losses).toContainEqual({
      name: "l1",
      about: "mean absolute error",
      flag: "train --loss",
      options: { of: "ct" },
    });
    const named = (kind: string, name: string) =>
      (all[kind] as readonly { readonly name: string }[]).find((part) => part.name === name);
    expect(named("losses", "sum")).toMatchObject({ options: { terms: [[1, { name: "l1", of: "ct" }]] } });
    expect(named("optimizers", "adamw")).toMatchObject({ options: { weightDecay: 0.01, decays: "filters" } });
    expect(named("schedules", "warmup")).toEqual({
      name: "warmup",
      about: "up on a line over the first steps, in front of another schedule",
      flag: "train --schedule",
      options: { steps: 100, from: 0.01, into: { name: "constant" } },
    });
    expect(all.metrics).toContainEqual(
      expect.objectContaining({ name: "psnr", unit: "dB", better: "higher" }),
    );
    for (const kind of ["losses", "optimizers", "schedules", "augmentations", "watches", "metrics"])
      for (const { about } of all[kind] as readonly { readonly about?: string }[]) expect(about).toBeTruthy();
    expect((await done("list", "losses")).out).toMatch(
      /^losses \(train --loss\):\n {2}l1 +mean absolute error; of "ct"/,
    );
    await refused(["list", "loses"], /there is no kind "loses"; did you mean "losses"/);
  });
});
