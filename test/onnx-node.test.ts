/**
 * ONNX Runtime in Node as users meet it, in the built package (`npm run build` comes first): in a thread of its own, on the command
 * line, and where onnxruntime-node is absent.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeVolume } from "../src/host/node/index.ts";
import { Volume } from "../src/imaging/volume/index.ts";
import type { Backend } from "../src/networks/backends/index.ts";
import { UNet } from "../src/networks/models/index.ts";
import { encodeModel, type ModelBundle } from "../src/road/model-file/index.ts";
import { exportOnnx, type OnnxOptions } from "../src/road/model-file/onnx/index.ts";
import { definePreparation, Normalizer, Slicer, usualSteps } from "../src/road/preparation/index.ts";
import { errorOf } from "./support/error-of.ts";
import { bundleOf } from "./support/identity-model.ts";
import { lastJson, midashIn, refusedIn } from "./support/midash.ts";
import { trainedWeights } from "./support/onnx-models.ts";
import { NO_ONNXRUNTIME, withOnnxRuntime } from "./support/onnxruntime.ts";
import { root, run } from "./support/pack.ts";

let folder = "";
let bytes: Uint8Array;

const spec = UNet({ baseFilters: 4, levels: 3 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-onnx-"));
  const bundle: ModelBundle = {
    ...bundleOf({ spacing: [1, 1, 1] }),
    model: { name: spec.name, config: spec.config },
    weights: await trainedWeights(spec),
    preparation: definePreparation({
      inputs: [{ name: "mr" }],
      steps: usualSteps({
        spacing: [1, 1, 1],
        inputs: { mr: Normalizer.percentile() },
        target: Normalizer.window({ min: -1024, max: 3071 }),
      }),
      sampler: Slicer.slices(),
    }).toJSON(),
  };
  bytes = await exportOnnx(bundle);
  await writeFile(join(folder, "model.safetensors"), encodeModel(bundle));
  const data = Int16Array.from({ length: 24 * 20 * 6 }, (_, i) => (i * 37) % 1000);
  await writeVolume(join(folder, "mr.nii.gz"), new Volume({ shape: [24, 20, 6], data, simulated: true }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const midash = (...args: readonly string[]) => midashIn(folder, args);
const refused = (args: readonly string[], says: string | RegExp) => refusedIn(folder, args, says);

describe("midash export-onnx", () => {
  it("writes what the library writes", async () => {
    const ran = await midash("export-onnx", "model.safetensors", "model.onnx", "--json");
    expect([ran.code, lastJson(ran).output]).toEqual([0, "model.onnx"]);
    expect(new Uint8Array(await readFile(join(folder, "model.onnx")))).toEqual(bytes);
    expect((await readdir(folder)).filter((name) => name.includes(".tmp"))).toEqual([]);
  });

  it("refuses what can't be, and writes nothing", async () => {
    await refused(["export-onnx", "absent.safetensors", "x.onnx"], /absent\.safetensors: .*no such file/);
    await refused(["export-onnx", "mr.nii.gz", "x.onnx"], /mr\.nii\.gz: /);
    await refused(["export-onnx", "model.safetensors", "x.pb"], /must end in \.onnx, got "x\.pb"/);
    await refused(["export-onnx", "model.safetensors", "nowhere/x.onnx"], /nowhere/);
  });
});

describe.skipIf(NO_ONNXRUNTIME)(withOnnxRuntime("the thread of ONNX Runtime"), () => {
  /** The built one, which finds its thread's script. */
  const built = async (options?: OnnxOptions): Promise<Backend> => {
    const { onnx } = (await import(join(root, "dist/onnx/index.js"))) as { onnx(o?: OnnxOptions): Backend };
    return onnx(options);
  };
  /** A pass of some tenths of a second. */
  const image = () => ({ image: { data: new Float32Array(1024 * 1024), shape: [1, 1, 1024, 1024] } });

  it("leaves the event loop to others while it computes", async () => {
    const session = await (await built()).open();
    const graph = await session.graphs!.load(bytes.slice());
    let turns = 0;
    let done = false;
    const pass = graph.run(image()).then((outputs) => {
      done = true;
      return outputs;
    });
    while (!done) {
      await new Promise((resume) => setImmediate(resume));
      turns++;
    }
    expect((await pass).output!.shape).toEqual([1, 1, 1024, 1024]);
    expect(turns).toBeGreaterThan(50); // in this thread it would be two or three
    session.close();
  });

  it("an abort ends the wait at once, and the next pass is answered as if nothing had been", async () => {
    const session = await (await built()).open();
    const graph = await session.graphs!.load(bytes.slice());
    const abort = new AbortController();
    const pass = graph.run(image(), { signal: abort.signal });
    setImmediate(() => abort.abort());
    expect((await errorOf(pass)).kind).toBe("aborted");
    const small = { image: { data: new Float32Array(64), shape: [1, 1, 8, 8] } };
    expect((await graph.run(small)).output!.shape).toEqual([1, 1, 8, 8]);
    expect((await errorOf(graph.run({ ...small }))).kind).toBe("invalid-argument"); // its memory went to the thread
    session.close();
  });

  it("tells what ONNX Runtime says, and what is closed", async () => {
    const session = await (await built()).open();
    const garbage = await errorOf(session.graphs!.load(new Uint8Array(100).fill(255)));
    expect([garbage.kind, garbage.message]).toEqual([
      "unsupported",
      expect.stringContaining("refuses the network"),
    ]);
    const graph = await session.graphs!.load(bytes.slice());
    const wrong = graph.run({ picture: { data: new Float32Array(64), shape: [1, 1, 8, 8] } });
    expect((await errorOf(wrong)).kind).toBe("invalid-argument");
    const waiting = errorOf(graph.run(image()));
    session.close();
    expect((await waiting).message).toContain("the session is closed");
    expect((await errorOf(session.graphs!.load(bytes.slice()))).message).toContain("the session is closed");
  });

  it("lets a process end that never closes it", async () => {
    const script = `
      import { onnx } from ${JSON.stringify(join(root, "dist/onnx/index.js"))};
      import { readFileSync } from "node:fs";
      const session = await onnx().open();
      const graph = await session.graphs.load(new Uint8Array(readFileSync("model.onnx")));
      const { output } = await graph.run({ image: { data: new Float32Array(64), shape: [1, 1, 8, 8] } });
      console.log(output.shape.join("x"));`;
    await writeFile(join(folder, "model.onnx"), bytes);
    expect((await run(process.execPath, ["--input-type=module", "--eval", script], folder)).trim()).toBe(
      "1x1x8x8",
    );
  });

  it("midash synthesize: auto takes it, and an exported file runs", async () => {
    const auto = await midash(
      "synthesize",
      "mr.nii.gz",
      "a.nii",
      "--model",
      "model.safetensors",
      "--backend",
      "auto",
      "--json",
    );
    expect([auto.code, lastJson(auto)]).toEqual([
      0,
      expect.objectContaining({ backend: "onnx", passedOver: [] }),
    ]);
    await writeFile(join(folder, "model.onnx"), bytes);
    const file = await midash(
      "synthesize",
      "mr.nii.gz",
      "b.nii",
      "--model",
      "model.onnx",
      "--backend",
      "onnx",
      "--json",
    );
    expect([file.code, lastJson(file).backend]).toEqual([0, "onnx"]);
    expect(await readFile(join(folder, "b.nii"))).toEqual(await readFile(join(folder, "a.nii")));
  });
});

describe("without onnxruntime-node", () => {
  /** The built package beside all that it needs but ONNX Runtime, as a project has it. */
  let main = "";
  beforeAll(async () => {
    const modules = join(folder, "elsewhere/node_modules");
    const here = join(modules, "@midash/core");
    await mkdir(here, { recursive: true });
    await writeFile(join(folder, "elsewhere/package.json"), "{}");
    await cp(join(root, "dist"), join(here, "dist"), { recursive: true });
    await cp(join(root, "package.json"), join(here, "package.json"));
    for (const name of await readdir(join(root, "node_modules")))
      if (!name.startsWith("onnxruntime") && !name.startsWith(".") && name !== "@midash")
        await symlink(join(root, "node_modules", name), join(modules, name), "junction");
    main = join(here, "dist/cli/main.js");
  });
  const there = (...args: readonly string[]) => midashIn(folder, args, undefined, main);

  it("asking for it is one error that names the package and how to install it, and the process ends", async () => {
    const args = ["synthesize", "mr.nii.gz", "c.nii", "--model", "model.safetensors", "--backend", "onnx"];
    const { code, out, err } = await there(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe(
      "midash: --backend: onnx does not work here: the package onnxruntime-node is not installed; " +
        "npm install --ignore-scripts onnxruntime-node (its install script only fetches CUDA); midash doctor lists those that work\n",
    );
  });

  it("auto takes wasm and says why", async () => {
    const ran = await there(
      "synthesize",
      "mr.nii.gz",
      "c.nii",
      "--model",
      "model.safetensors",
      "--backend",
      "auto",
      "--json",
    );
    expect([ran.code, lastJson(ran)]).toEqual([
      0,
      expect.objectContaining({
        backend: "wasm",
        passedOver: [
          {
            backend: "onnx",
            reason: expect.stringContaining("the package onnxruntime-node is not installed"),
          },
        ],
      }),
    ]);
    expect(ran.err).toContain("auto did not take onnx: the package onnxruntime-node is not installed");
  });

  it("a network that only ONNX Runtime runs: one short error says what to install, and import-onnx said so", async () => {
    await writeFile(join(folder, "model.onnx"), bytes);
    const { code, err } = await there(
      "synthesize",
      "mr.nii.gz",
      "d.nii",
      "--model",
      "model.onnx",
      "--backend",
      "auto",
    );
    expect(code).toBe(2);
    const install =
      "the package onnxruntime-node is not installed; npm install --ignore-scripts onnxruntime-node (its install script only fetches CUDA)";
    expect(err).toBe(
      `midash: backend auto: no backend runs the model here: onnx (${install}); midash doctor lists what works here\n`,
    );
    const imported = await there("import-onnx", "model.onnx", "imported.safetensors");
    expect(imported.code, imported.err).toBe(0);
    expect(imported.out).toContain(
      `Warning: not tried, and synthesize can't run it here before ONNX Runtime works: ${install}\n`,
    );
  });

  it("doctor says what to install, and that others work", async () => {
    const ran = await there("doctor", "--quick", "--json");
    const backends = lastJson(ran).backends as { readonly name: string; readonly reason?: string }[];
    expect(ran.code).toBe(0);
    expect(backends.find(({ name }) => name === "onnx")!.reason).toContain(
      "npm install --ignore-scripts onnxruntime-node",
    );
  });
});
