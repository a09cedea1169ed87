/** examples/custom-model, as its README says: a researcher's package on the packed library, tested, trained and used. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { splitOnnx } from "../src/networks/layers/index.ts";
import { install, OFFLINE_NOTE, offline, root, run, withProject } from "./support/pack.ts";

const source = join(root, "examples/custom-model");
/** A head that the training has not seen, as a file. */
const HEAD = `
  import { phantomSubject } from "@midash/core";
  import { writeVolume } from "@midash/core/node";
  const { inputs } = await phantomSubject({ subject: 9, shape: [30, 34, 18], spacing: [6, 6, 8], contrasts: ["t1"] });
  await writeVolume("mr.nii.gz", inputs.t1);
`;

test.skipIf(offline)(
  `examples/custom-model compiles, keeps the contract, is trained, exported and used by the command line${OFFLINE_NOTE}`,
  async () => {
    const names = ["package.json", "tsconfig.json", "midash.config.ts"];
    const sources = (await readdir(join(source, "src"))).map((name) => `src/${name}`);
    const files: Record<string, string> = {};
    for (const path of [...names, ...sources]) files[path] = await readFile(join(source, path), "utf8");
    await withProject(files, async (project, tarball) => {
      await install(project, ["--save-dev", tarball]);
      expect(await run("npm", ["test", "--silent"], project)).toMatch(/^# pass 1$/m);

      const midash = async (...args: readonly string[]) => {
        const path = join(project, "node_modules/.bin/midash");
        const text = await run(process.execPath, [path, ...args, "--json"], project);
        return JSON.parse(text.trimEnd().split("\n").at(-1)!) as Readonly<Record<string, unknown>>;
      };
      const quick =
        "--epochs 2 --steps-per-epoch 4 --subjects 1,1,1 --phantom-shape 32,36,20 --phantom-spacing 6,6,7";
      expect(await midash("train", "phantom", "--out", "run", ...quick.split(" "))).toMatchObject({
        epochs: 2,
      });
      expect(await midash("info", "run/model.safetensors")).toMatchObject({
        name: "residual",
        config: { inChannels: 1, filters: 8, blocks: 2 },
      });
      expect(await midash("export-onnx", "run/model.safetensors", "residual.onnx")).toMatchObject({
        output: "residual.onnx",
      });
      const { metadata, weights } = await splitOnnx(await readFile(join(project, "residual.onnx")), "test");
      expect(JSON.parse(metadata["midash.model"]!)).toMatchObject({ name: "residual" });
      expect(Object.keys(weights)).toContain("block.1.0.weight");
      await writeFile(join(project, "head.mjs"), HEAD);
      await run(process.execPath, ["head.mjs"], project);
      await midash("synthesize", "mr.nii.gz", "sct.nii.gz", "--model", "run/model.safetensors");
      expect(await midash("info", "sct.nii.gz")).toMatchObject({
        shape: [30, 34, 18],
        unit: "HU",
        simulated: true,
      });
    });
  },
);
