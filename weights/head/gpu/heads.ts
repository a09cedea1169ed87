/**
 * Random heads as `midash train` prepares them by `../train.config.json`, written to files for a trainer on another engine (`train.py` beside this): without end, or one
 * draw of each map for validation.
 *
 *     node heads.mjs MODEL MAPS OUT train WORKER [HEADS]     # bundled as the card, ../README.md, says
 *
 * A file holds three uint32 (D, H, W) and, voxel by voxel, x as int16 (1 is 32767), HU as int16, the class and ten times the weight as uint8.
 */
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readVolume } from "../../../src/host/node/index.ts";
import type { Triple } from "../../../src/imaging/volume/index.ts";
import { prepareCase, randomHeadsDataset } from "../../../src/road/data/index.ts";
import { decodeModel } from "../../../src/road/model-file/index.ts";
import { parsePreparation, samplerTypes, stepTypes } from "../../../src/road/preparation/index.ts";
import config from "../train.config.json";

/** The trainer takes files away: more than these wait for it. */
const MOST_WAITING = 400;

const [model, maps, out, part, worker, heads = "Infinity"] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const bundle = await decodeModel(await readFile(model), { name: model });
const preparation = parsePreparation(bundle.preparation, { steps: stepTypes, samplers: samplerTypes });
const names = (await readdir(maps))
  .filter((name) => name.endsWith(".nii.gz"))
  .map((name) => name.slice(0, -7));
const { split, phantomShape, phantomSpacing, rare } = config.train;
const present = (wanted: readonly string[]) => wanted.filter((name) => names.includes(name));
const dataset = randomHeadsDataset(
  Object.fromEntries(names.map((name) => [name, { load: () => readVolume(join(maps, `${name}.nii.gz`)) }])),
  {
    shape: phantomShape as unknown as Triple,
    spacing: phantomSpacing as unknown as Triple,
    rare,
    split: { validation: present(split.validation), test: present(split.test) },
  },
);

const cases = part === "train" ? dataset.train : dataset.validation;
for (let n = 0; n < Number(heads); n++) {
  if (part !== "train" && n >= cases.length) break;
  const drawn = cases[n % cases.length]!;
  const { subject, reference } = await prepareCase(
    part === "train" ? drawn.variant!(`${worker}/${n}`) : drawn,
    preparation,
  );
  const mr = subject.inputs.mr!.volume;
  const [x, hu, classes, weight] = [
    mr.values(),
    reference!.ct.values(),
    subject.targets.tissue!.volume.values(),
    subject.masks.learnt!.values(),
  ];
  const file = new ArrayBuffer(12 + 6 * x.length);
  new Uint32Array(file, 0, 3).set([...mr.shape].reverse());
  new Int16Array(file, 12, x.length).set(x.map((value) => Math.round(32767 * value)));
  new Int16Array(file, 12 + 2 * x.length, x.length).set(hu.map((value) => Math.round(Math.min(3072, value))));
  new Uint8Array(file, 12 + 4 * x.length, x.length).set(classes);
  new Uint8Array(file, 12 + 5 * x.length, x.length).set(weight.map((value) => Math.round(10 * value)));
  const path = join(out, `${part}-${worker}-${n}.head`);
  await writeFile(`${path}.tmp`, new Uint8Array(file));
  await rename(`${path}.tmp`, path);
  while ((await readdir(out)).length > MOST_WAITING) await new Promise((done) => setTimeout(done, 500));
}
