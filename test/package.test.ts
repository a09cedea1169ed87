/**
 * The package as a user gets it: packed, installed by npm into an empty project outside the repository, compiled
 * against in strict TypeScript, and run in ESM and in CJS.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { install, OFFLINE_NOTE, offline, run, tsc, withProject } from "./support/pack.ts";

const VALUES = [
  "Volume",
  "Slicer",
  "Normalizer",
  "UNet",
  "Trainer",
  "Metrics",
  "Classifier",
  "Synthesizer",
  "Dataset",
];

/** A user's program: trains two steps on volumes of 16 × 16 × 4 and synthesises one. `load` brings the names. */
const body = `
function pair(seed: number) {
  const shape = [16, 16, 4] as const;
  const inside = (i: number) => (i % 16 > 2 && i % 16 < 13 && (i >> 4) % 16 > 2 && (i >> 4) % 16 < 13 ? 1 : 0);
  const mr = Float32Array.from({ length: 1024 }, (_, i) => inside(i) * (100 + ((i * seed) % 17)));
  const ct = Float32Array.from(mr, (v) => (v > 0 ? v : -1000));
  return {
    mr: new Volume({ shape, data: mr, unit: "arbitrary" }),
    ct: new Volume({ shape, data: ct, unit: "HU" }),
  };
}

async function main(): Promise<void> {
  const pairs = [pair(3), pair(5), pair(7)];
  const cases = pairs.map(({ mr, ct }, n) => ({ id: "case " + n, inputs: { mr: volumeRef(mr) }, targets: { ct: volumeRef(ct) } }));
  const dataset = Dataset.fromCases(cases, { split: { train: 0.34, validation: 0.33, test: 0.33 } });
  const trainer = new Trainer({
    model: UNet({ baseFilters: 2, levels: 2 }),
    backend: wasm(),
    sampler: Slicer.slices({ axis: "axial", size: [16, 16] }),
    normalizer: { input: Normalizer.percentile(), target: Normalizer.window({ min: -1024, max: 3071 }) },
    batchSize: 2,
    epochs: 1,
  });
  const steps: number[] = [];
  for await (const event of trainer.fit(dataset)) if (event.type === "step") steps.push(event.loss);
  const { mr, ct } = pairs[0]!;
  const synthesizer = new Synthesizer(trainer.result(), { backend: wasm() });
  const { sct, backend } = await synthesizer.run(mr);
  synthesizer.dispose();
  const report = await Metrics.evaluate(sct, ct, { preset: "synthrad2023" });
  const { labels } = await Classifier.density().classify(sct);
  const folder = process.argv[2]!;
  await writeVolume(folder + "/sct.nii.gz", sct);
  const again: InstanceType<typeof Volume> = await readVolume(folder + "/sct.nii.gz");
  console.log(JSON.stringify({
    steps, backend, shape: sct.shape, mae: report.mae.value, labels: labels.size,
    sameClass: again instanceof Volume, unit: again.unit,
  }));
}
`;
const esm = `
import { ${VALUES.join(", ")}, defineConfig, type Volume as VolumeType, volumeRef } from "@midash/core";
import { wasm } from "@midash/core/backends/wasm";
import { dicom } from "@midash/core/formats/dicom";
import { UNet as alsoUNet } from "@midash/core/models/unet";
import { readVolume, writeVolume } from "@midash/core/node";
import { testModel } from "@midash/core/testing";
declare const process: { readonly argv: readonly string[] };
declare const console: { log(line: string): void };
export const typed: VolumeType | undefined = undefined;
export const withoutPeers: string = dicom.name;
export const config = defineConfig({ train: { epochs: 2, batchSize: 4, schedule: "cosine", subjects: [12, 1, 2] } });
// @ts-expect-error: an unknown option is refused by the types
export const misuse = () => alsoUNet({ depth: 3 });
export const contract = () => testModel(UNet, { backend: wasm(), config: { levels: 2 }, skip: { road: "slow" } });
// @ts-expect-error: so is an unknown check
export const noCheck = () => testModel(UNet, { backend: wasm(), skip: { roads: "slow" } });
${body}
await main();
`;
const cjs = `
const { ${VALUES.join(", ")}, volumeRef } = require("@midash/core");
const { wasm } = require("@midash/core/backends/wasm");
const { readVolume, writeVolume } = require("@midash/core/node");
if (typeof require("@midash/core/testing").testModel !== "function") throw new Error("no testModel");
${body
  .replaceAll(/: (number\[\]|number|Promise<void>|InstanceType<typeof Volume>)(?=[ ,)=])/g, "")
  .replaceAll(/ as const|(?<=\]|\w)!(?=[;\s])/g, "")}
main();
`;

const FILES = {
  "package.json": JSON.stringify({ name: "user", private: true, type: "module" }),
  "use.ts": esm,
  "use.cjs": cjs,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      target: "ES2022",
      module: "NodeNext",
      moduleResolution: "NodeNext",
      lib: ["ES2022", "DOM"],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true, // as `tsc --init` sets it
      // tfjs-core's own types need @types/long as a global, which comes with it as long as "types" is not set.
      skipLibCheck: false,
      outDir: "out",
    },
    files: ["use.ts"],
  }),
};

const lastLine = (text: string): unknown => JSON.parse(text.trimEnd().split("\n").at(-1)!);

test.skipIf(offline)(`the packed package, installed elsewhere, compiles and trains${OFFLINE_NOTE}`, () =>
  withProject(FILES, async (project, tarball) => {
    await install(project, [tarball]);
    const installed = JSON.parse(await readFile(join(project, "package.json"), "utf8"));
    expect(Object.keys(installed.dependencies)).toEqual(["@midash/core"]);

    await run(process.execPath, [tsc, "-p", "."], project);
    const bundler = ["--module", "ESNext", "--moduleResolution", "Bundler", "--noEmit"];
    await run(process.execPath, [tsc, "-p", ".", ...bundler], project);

    const expected = {
      steps: [expect.any(Number), expect.any(Number)],
      backend: "wasm",
      shape: [16, 16, 4],
      mae: expect.any(Number),
      labels: 1024,
      sameClass: true,
      unit: "HU",
    };
    const fromEsm = lastLine(await run(process.execPath, ["out/use.js", project], project));
    expect(fromEsm).toEqual(expected);
    const fromCjs = lastLine(await run(process.execPath, ["use.cjs", project], project));
    expect(fromCjs).toEqual(fromEsm); // the same numbers, too
    // The command that the package brings.
    const midash = join(project, "node_modules/.bin/midash");
    expect(await run(process.execPath, [midash, "--help"], project)).toMatch(/Usage: midash/);
  }),
);
