/**
 * midash.config.*, in a project whose plugin imports another copy of the package than the one that runs: what passes
 * between them must not depend on classes being the same.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { affineFromSpacing, encodeVolume, Volume } from "../src/index.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const COPY = "node_modules/@midash/core";

/** A network of one scale and one shift, a loss and a format (a NIfTI file behind four letters). */
const PLUGIN = `
import { defineModel, definePlugin, nifti, optimizers, option, pixelLoss, type Session, type VolumeFormat } from "@midash/core";
import { cpu } from "@midash/core/backends/cpu";

export const MyNet = defineModel({
  name: "mynet",
  about: "a scale and a shift",
  options: {
    inChannels: option.integer({ default: 1, min: 1, about: "inputs" }),
    gain: option.number({ default: 1, min: 0, max: 9, about: "starting scale" }),
    size: option.choice(["small", "large"], { default: "small", about: "has the name of a setting" }),
    learn: option.boolean({ default: true, about: "whether it learns" }),
    dims: option.choice([2], { default: 2, about: "no choice" }),
  },
  spec: (config) => ({
    input: { channels: config.inChannels, dims: 2, multipleOf: 1 },
    outputs: [{ kind: "ct", name: "ct" }],
    optimizer: optimizers.adam({ learningRate: 0.05 }),
    create: (session, { weights }) => session.run(() => make(session, config.gain, weights?.w?.data)),
  }),
});

function make(session: Session, gain: number, start = Float32Array.of(gain, 0)) {
  const { tf } = session.tensors;
  const w = tf.variable(tf.tensor1d(start));
  const tensor = (batch: { data: Float32Array; shape: readonly number[] }) => tf.tensor(batch.data, [...batch.shape]);
  const forward = (x: ReturnType<typeof tensor>) =>
    tf.add(tf.mul(tf.mean(x, -1, true), tf.slice1d(w, 0, 1)), tf.slice1d(w, 1, 1));
  return {
    predict: (batch: any) =>
      session.run(async () => {
        const y = tf.tidy(() => forward(tensor(batch)));
        return { ...batch, data: await y.data(), shape: y.shape };
      }),
    trainStep: ({ input, targets: { ct } }: any, step: any) =>
      session.run(async () => {
        const weight = tf.tensor(ct.mask, [...ct.shape]);
        const target = { ct: { values: tensor(ct), weight } };
        const { loss } = await step.optimize("model", { w }, () => step.loss({ ct: forward(tensor(input)) }, target));
        return { loss };
      }),
    weights: () => session.run(async () => ({ w: { data: (await w.data()) as Float32Array, shape: [2] } })),
    dispose: () => w.dispose(),
  };
}

const letters: VolumeFormat = {
  name: "letters",
  extensions: [".abcd"],
  sniff: (head) => new TextDecoder().decode(head.subarray(0, 4)) === "abcd",
  read: (source, options) => nifti.read({ ...source, bytes: source.bytes.subarray(4) }, options),
  async write(volume, options) {
    const [bytes] = (await nifti.write!(volume, { ...options, name: "x.nii" })).values();
    return new Map([[options!.name!, Uint8Array.from([97, 98, 99, 100, ...bytes!])]]);
  },
};

export default definePlugin({
  name: "midash-plugin-mynet",
  models: { mynet: MyNet },
  losses: { twice: (options) => pixelLoss("twice", options ?? {}, (tf, a, b) => tf.mul(2, tf.abs(tf.sub(a, b)))) },
  formats: { letters },
  backends: {
    absent: () => ({ name: "absent", supports: async () => ({ reason: "needs a chip" }), open: () => Promise.reject() }),
    broken: () => {
      throw new Error("no such device");
    },
    wrong: () => ({
      ...cpu(),
      name: "wrong",
      open: async () => {
        const session = await cpu().open();
        const { tf } = session.tensors;
        return { ...session, backend: "wrong", tensors: { ...session.tensors, tf: { ...tf, tanh: (x) => tf.mul(tf.tanh(x), 1.01) as never } } };
      },
    }),
  },
});
`;

const CONFIG = `
import { defineConfig } from "@midash/core";
import plugin, { MyNet } from "./net";

export default defineConfig({
  plugins: [plugin],
  train: {
    model: MyNet({ gain: 2 }), loss: "twice", epochs: 1, stepsPerEpoch: 2, subjects: [2, 1, 1],
    phantomShape: [16, 16, 8], phantomSpacing: [12, 12, 20],
  },
});
`;

interface Packages {
  readonly dependencies: Readonly<Record<string, string>>;
}

let root = "";
const midash = (...args: readonly string[]) => midashIn(root, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(root, args, says);
async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "midash-config-")));
  for (const part of ["dist", "package.json"])
    await cp(join(PACKAGE, part), join(root, COPY, part), { recursive: true });
  const { dependencies } = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8")) as Packages;
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(root, "node_modules", name)), { recursive: true });
    await symlink(join(PACKAGE, "node_modules", name), join(root, "node_modules", name));
  }
  await put("package.json", '{ "type": "module" }');
  await put("net.ts", PLUGIN);
  await put("midash.config.ts", CONFIG);
  const data = Float32Array.from({ length: 4096 }, (_, i) =>
    i % 16 > 3 && (i >> 4) % 16 > 3 ? 90 + (i % 7) : 0,
  );
  const mr = new Volume({
    shape: [16, 16, 16],
    data,
    affine: affineFromSpacing([12, 12, 20]),
    unit: "arbitrary",
    simulated: true,
  });
  await put("mr.nii", await encodeVolume(mr, { format: "nifti" }));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("a plugin brought by midash.config.ts", () => {
  it("is trained by another copy of the package", async () => {
    const named = ["--flip", "--augmentations", "intensity", "--optimizer", "sgd", "--metric", "psnr"];
    const ran = await midash("train", "phantom", "--out", "run", "--gain", "3", ...named, "--json");
    expect(ran.code, ran.err).toBe(0);
    expect(lastJson(ran)).toMatchObject({
      command: "train",
      epochs: 1,
      cases: { train: 2 },
      validation: { name: "PSNR", unit: "dB", value: expect.any(Number), epoch: 1 },
    });
    const config = JSON.parse(await readFile(join(root, "run/config.json"), "utf8")) as object;
    expect(config).toMatchObject({
      plugins: ["midash-plugin-mynet"],
      train: {
        model: "mynet",
        modelOptions: { gain: 3, size: "small", learn: true, dims: 2 },
        loss: "twice",
        subjects: [2, 1, 1],
      },
    });
    const info = lastJson(await midash("info", "run/model.safetensors", "--json"));
    expect(info).toMatchObject({
      name: "mynet",
      config: { inChannels: 1, gain: 3 },
      provenance: {
        settings: {
          loss: { name: "twice" },
          optimizer: { name: "sgd" },
          augmentations: [{ name: "flip", axis: "x" }, { name: "intensity" }],
          metric: "PSNR",
        },
      },
    });
  });

  it("synthesises, and its format is read and written wherever volumes are", async () => {
    const made = await midash("synthesize", "mr.nii", "sct.abcd", "--model", "run/model.safetensors");
    expect(made.code, made.err).toBe(0);
    expect(made.out).toContain("Made by mynet on wasm");
    expect(lastJson(await midash("info", "sct.abcd", "--json"))).toMatchObject({
      unit: "HU",
      shape: [16, 16, 16],
    });
    const classes = await midash("classify", "sct.abcd", "labels.abcd", "--kind", "density");
    expect(classes.code, classes.err).toBe(0);
    const same = ["--prediction", "sct.abcd", "--reference", "sct.abcd", "--preset", "slice2d"];
    expect(lastJson(await midash("evaluate", ...same, "--json"))).toMatchObject({
      metrics: { mae: { value: 0 } },
    });
  });

  it("is needed to resume; of the config that lies there only the plugins count then", async () => {
    await put("midash.config.ts", CONFIG.replace("gain: 2", "gain: 5"));
    const more = await midash("train", "phantom", "--out", "run", "--resume", "--epochs", "2");
    expect(more.code, more.err).toBe(0);
    expect(more.out).toContain("Resuming after epoch 1 of 2");
    await put("midash.config.ts", CONFIG);

    const needs =
      /run\/config\.json, "train\.model": unknown model "mynet"; it comes with a plugin \(midash-plugin-mynet\): .*--config/;
    await refused(["train", "phantom", "--out", "run", "--resume", "--no-config"], needs);
    await refused(
      ["synthesize", "mr.nii", "o.nii", "--model", "run/model.safetensors", "--no-config"],
      /run\/model\.safetensors: unknown model "mynet"; known are .*; others come with plugins/,
    );
    await refused(
      ["info", "sct.abcd", "--no-config"],
      /sct\.abcd: not a volume in a known format \(nifti, metaimage, nrrd, mgh, dicom\)/,
    );
  });

  it("gives its options to the command line, beside the command's own", async () => {
    const help = async (...args: readonly string[]) => (await midash(...args)).out.replace(/\s+/g, " ");
    const out = await help("train", "--help");
    expect(out).toContain("Options of the model mynet:");
    expect(out).toMatch(/--gain <x> starting scale; a number from 0 to 9 \(default: 1\)/);
    expect(out).toMatch(
      /--model-size <kind> has the name of a setting; one of small, large \(default: small\)/,
    );
    expect(out).toMatch(/--no-learn not: whether it learns \(default: true\)/);
    expect(out).not.toMatch(/--dims|--in-channels/);
    expect(await help("help", "train")).toBe(out);
    const other = await help("train", "--model", "unet", "--help");
    expect(other).toContain("Options of the model unet:");
    expect(other).toContain("--base-filters <n>");
    expect(other).not.toContain("--gain");
  });

  it("is listed with its options, beside the package's own", async () => {
    const ran = await midash("models", "--json");
    expect(ran.out.trimEnd().split("\n")).toHaveLength(1);
    const { models } = lastJson(ran) as { models: { name: string; default: boolean; plugin: string }[] };
    expect(models.filter((model) => model.default)).toHaveLength(1);
    expect(models.filter(({ plugin }) => plugin === "@midash/core").length).toBeGreaterThan(0);
    expect(models.at(-1)).toMatchObject({
      name: "mynet",
      plugin: "midash-plugin-mynet",
      about: "a scale and a shift",
      input: { channels: 1, dims: 2, multipleOf: 1 },
      optimizer: { learningRate: 0.05 },
    });
    expect(models.at(-1)).not.toHaveProperty("parameters");
    const one = await midash("models", "mynet", "--json");
    expect(lastJson(one)).toMatchObject({
      models: [
        {
          parameters: 2,
          options: [
            { name: "gain", flag: "--gain", type: "number", default: 1, accepts: "a number from 0 to 9" },
            {
              name: "size",
              flag: "--model-size",
              values: ["small", "large"],
              about: "has the name of a setting",
            },
            { name: "learn", flag: "--learn", type: "boolean", default: true },
            { name: "dims", flag: null },
          ],
        },
      ],
    });
    expect(one.err).toMatch(
      /mynet: a scale and a shift\n {2}from midash-plugin-mynet; 2-D; .*\n.*learningRate 0.05, .*\n {2}2 parameters/,
    );
    await refused(["models", "mynett"], /^midash: unknown model "mynett"; did you mean "mynet"\?\n/);
  });

  it("doctor tells which backends work and why others don't", async () => {
    const ran = await midash("doctor", "--json");
    expect(ran.code, ran.err).toBe(0);
    expect(ran.out.trimEnd().split("\n")).toHaveLength(1);
    const json = lastJson(ran) as { backends: Record<string, unknown>[] };
    expect(json).toMatchObject({
      versions: { package: expect.any(String), node: process.versions.node, v8: process.versions.v8 },
      cpu: { cores: expect.any(Number) },
      config: { file: "midash.config.ts", plugins: ["midash-plugin-mynet"] },
    });
    const can = { train: true, deterministic: true };
    const passes = { ops: { compared: expect.any(Number) }, allowed: 1e-4, failed: [] };
    const ours = { supported: true, can, trains: true, conformance: passes };
    // ONNX Runtime may be installed or not; what computes whole networks has no ops to compare. A graphics card may be there or not, and TensorFlow.
    const [ofOnnx, rest] = [true, false].map((onnx) =>
      json.backends.filter(({ name }) => String(name).startsWith("onnx") === onnx),
    ) as [Record<string, unknown>[], Record<string, unknown>[]];
    const OPTIONAL = ["webgpu", "webgpu-f16", "webgpu-inference", "node", "node-gpu"];
    const others = rest.filter(({ name }) => !OPTIONAL.includes(String(name)));
    const optional = rest.filter(({ name }) => OPTIONAL.includes(String(name)));
    expect(optional.map(({ name }) => name)).toEqual(OPTIONAL);
    for (const { name, supported, trains, reason } of optional)
      expect(supported ? trains : reason).toEqual(
        supported ? name !== "webgpu-inference" : expect.stringMatching(/./),
      );
    expect(ofOnnx.map(({ name }) => name)).toEqual(["onnx", "onnx-cuda", "onnx-webgpu"]);
    for (const { supported, trains, reason } of ofOnnx)
      expect(supported ? trains : reason).toEqual(supported ? false : expect.stringMatching(/./));
    expect(others).toMatchObject([
      { name: "wasm", plugin: "@midash/core", ...ours, tfjs: expect.stringMatching(/^4\./) },
      { name: "cpu", ...ours },
      { name: "absent", plugin: "midash-plugin-mynet", supported: false, reason: "needs a chip" },
      { name: "broken", supported: false, reason: "no such device" },
      {
        name: "wrong",
        supported: true,
        can,
        trains: false,
        whyNot: "it fails values, gradients",
        conformance: {
          worstAt: expect.stringMatching(/^tanh: /),
          failed: [{ check: "values" }, { check: "gradients" }],
        },
      },
    ]);
    type Compared = { conformance: { ops: { passed: number; of: number }; worst: number } };
    const [fast, slow, , , wrong] = others.map((b) => (b as unknown as Compared).conformance);
    for (const { ops, worst } of [fast!, slow!]) {
      expect([ops.of > 50, ops.passed]).toEqual([true, ops.of]);
      expect([worst > 0, worst < 1e-4]).toEqual([true, true]);
    }
    expect(wrong!.ops.passed).toBe(wrong!.ops.of - 1);
    expect(wrong!.worst).toBeCloseTo(0.01, 3);
    expect(ran.err).toMatch(/wrong +midash-plugin-mynet +\d+\/\d+ +1\.0e-2 .* no /);
    expect(ran.err).toMatch(/wrong must not be trained on: it fails values, gradients\n/);
    expect(ran.err).toMatch(/wrong fails values: expected differences .* found more for tanh \(value: 0.01/);
    for (const { gflops } of others.slice(0, 2)) expect(gflops).toBeGreaterThan(0.001);
    await put("broken/midash.config.js", "export default 3;");
    const told = await midashIn(join(root, "broken"), ["doctor", "--quick"]);
    expect([told.code, told.out]).toEqual([
      0,
      expect.stringContaining("config: midash.config.js: must be an object"),
    ]);
  });

  const train = ["train", "phantom", "--out", "r"];
  for (const [args, says] of [
    [["--model", "mynett"], /^midash: --model: unknown model "mynett"; did you mean "mynet"\?\n/],
    [["--gian", "3"], /unknown option '--gian' \(Did you mean --gain\?\)/],
    [["--base-filters", "3"], /unknown option '--base-filters'; see npx @midash\/core train --help/],
    [
      ["--lr", "3"],
      /^midash: unknown option '--lr' \(Did you mean --learning-rate\?\); see npx @midash\/core train --help\n/,
    ],
    [["--batch=4"], /unknown option '--batch' \(Did you mean --batch-size\?\)/],
    [["--device", "cuda"], /unknown option '--device' \(Did you mean --backend\?\)/],
    [["--gain", "10"], /^midash: --gain: must be a number from 0 to 9, got 10\n/],
    [["--gain", "much"], /^midash: --gain: must be a number from 0 to 9, got "much"\n/],
    [["--model-size", "tiny"], /^midash: --model-size: must be one of small, large, got "tiny"\n/],
    [["--loss", "twic"], /^midash: --loss: unknown loss "twic"; did you mean "twice"\?\n/],
    [["--backend", "wsm"], /^midash: --backend: unknown backend "wsm"; did you mean "wasm"\?\n/],
    [["--backend", "wsam"], /^midash: --backend: unknown backend "wsam"; did you mean "wasm"\?\n/],
    [
      ["--backend", "absent"],
      /^midash: --backend: absent does not work here: needs a chip; midash doctor lists/,
    ],
  ] as const)
    it(`${args.join(" ")} is refused`, () => refused([...train, ...args], says));
});

describe("configs", () => {
  it("are looked for in a documented order, whatever their kind", async () => {
    const folder = join(root, "kinds");
    await mkdir(folder);
    const kinds: readonly (readonly [name: string, content: string])[] = [
      ["json", '{ "train": { "model": "KIND" } }'],
      ["cjs", 'module.exports = { train: { model: "KIND" } };'],
      ["mjs", 'export default { train: { model: "KIND" } };'],
      [
        "js",
        'import plugin from "../net.ts"; export default { plugins: [plugin], train: { model: "KIND" } };',
      ],
      ["mts", 'const model: string = "KIND"; export default { train: { model } };'],
      [
        "ts",
        'import { defineConfig } from "@midash/core"; export default defineConfig({ train: { model: "KIND" } });',
      ],
    ];
    for (const [kind, content] of kinds) {
      await put(`kinds/midash.config.${kind}`, content.replace("KIND", `of-${kind}`));
      const says = new RegExp(`midash\\.config\\.${kind}, "train\\.model": unknown model "of-${kind}"`);
      await refusedIn(folder, ["train", "phantom", "--out", "r"], says);
    }
    expect((await readdir(folder)).sort()).toEqual(kinds.map(([kind]) => `midash.config.${kind}`).sort());
  });

  const failures: Readonly<Record<string, readonly [content: string, says: RegExp]>> = {
    "syntax.ts": [
      "const a = 1;\nexport default { plugins: [ };",
      /bad\/syntax\.ts:2: can't be loaded: Unexpected token; mend it/,
    ],
    "syntax.mjs": [
      "export default {\n  a b\n};",
      /bad\/syntax\.mjs:2: can't be loaded: Unexpected token, expected ","; mend it/,
    ],
    "syntax.json": ['{\n  "train": {},\n}', /bad\/syntax\.json:3: is not JSON: .*; mend it/],
    "none.ts": [
      "export const plugins = [];",
      /bad\/none\.ts: exports nothing by default; write export default defineConfig/,
    ],
    "throws.ts": [
      'import "./thrower";\nexport default {};',
      /bad\/throws\.ts: can't be loaded: boom \(bad\/thrower\.ts:3\); mend it/,
    ],
    "absent.js": [
      'import "./nowhere.js";\nexport default {};',
      /bad\/absent\.js:1: can't be loaded: Cannot find module '.\/nowhere.js'/,
    ],
    "number.js": ["export default 3;", /bad\/number\.js: must be an object; e\.g\. \{ plugins/],
    "plugin.js": [
      "export default { plugin: [] };",
      /bad\/plugin\.js: unknown setting "plugin"; did you mean "plugins"\?/,
    ],
    "list.js": ["export default { plugins: {} };", /bad\/list\.js: plugins must be a list/],
    "part.js": [
      'export default { plugins: [{ name: "p", model: {} }] };',
      /bad\/part\.js: plugin "p": unknown part "model"; parts are/,
    ],
    "twice.js": [
      'import p from "../net.ts";\nexport default { plugins: [p, { ...p, name: "other" }] };',
      /bad\/twice\.js: plugins: the plugins "midash-plugin-mynet" and "other" both bring a model called "mynet"/,
    ],
    "name.js": [
      'import p from "../net.ts";\nexport default { plugins: [p, p] };',
      /bad\/name\.js: plugins: two plugins are called "midash-plugin-mynet"/,
    ],
    "setting.json": [
      '{ "train": { "epoch": 3 } }',
      /bad\/setting\.json, "train\.epoch": unknown setting; did you mean "epochs"\?/,
    ],
    "value.json": [
      '{ "train": { "epochs": "many" } }',
      /bad\/value\.json, "train\.epochs": must be a whole number, 1 or more, got "many"/,
    ],
    "option.json": [
      '{ "train": { "modelOptions": { "baseFilter": 4 } } }',
      /bad\/option\.json, "train\.modelOptions\.baseFilter": the model unet has no such option; did you mean "baseFilters"\?/,
    ],
    "channels.json": [
      '{ "train": { "modelOptions": { "inChannels": 4 } } }',
      /bad\/channels\.json, "train\.modelOptions\.inChannels": is set from the data; leave it out/,
    ],
    "needs.json": [
      '{ "plugins": ["some-plugin"], "train": { "model": "some" } }',
      /bad\/needs\.json, "train\.model": unknown model "some"; it comes with a plugin \(some-plugin\)/,
    ],
    "recipe.js": [
      'import { MyNet } from "../net.ts";\nexport default { train: { model: MyNet() } };',
      /bad\/recipe\.js, "train\.model": unknown model "mynet"/,
    ],
    "factory.js": [
      'import { MyNet } from "../net.ts";\nexport default { train: { model: MyNet } };',
      /bad\/factory\.js, "train\.model": must be a model's name or a recipe; e\.g\. "mynet", or MyNet/,
    ],
  };
  beforeAll(async () => {
    await put("bad/thrower.ts", 'type A = string;\nconst message: A = "boom";\nthrow new Error(message);');
    for (const [name, [content]] of Object.entries(failures)) await put(`bad/${name}`, content);
  });
  for (const [name, [, says]] of Object.entries(failures))
    it(`${name} is refused in one line`, () =>
      refused(["train", "phantom", "--out", "r", "--config", `bad/${name}`], says));
  it("that are absent or folders are refused", async () => {
    await refused(["info", "mr.nii", "--config", "nowhere.ts"], /^midash: nowhere\.ts: no such file; check/);
    await refused(["info", "mr.nii", "--config", "bad"], /^midash: bad: is a folder, not a file/);
  });
});
