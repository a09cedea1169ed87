// The bars for 3-D models: a U-Net of 16 filters, on patches of 96³ voxels, makes the sCT of a head of 160×192×160 voxels of 1 mm in at most 2 GiB of resident memory
// on wasm, without a seam where patches meet.
//
//   npm run verify:patches                           # trains once, on patches of 48³; prints the numbers; exit code 1 when a bar is missed
//   npm run verify:patches -- --model m.safetensors  # another 3-D model of one T1, at 1 mm
//   npm run verify:patches -- --retrain
//
// A seam is a step across the planes where patches begin or end. What is raw is the mean step there divided by that elsewhere. A head has anatomy of its own there, so that ratio is
// divided by the same planes' ratio in a control: the sCT that the same network makes of patches of 80³ voxels, which meet elsewhere. On that the bar is taken. (The true CT is no
// such control: its noise, the same on every plane, takes its ratio nearer to 1 than that of a smooth sCT; it is printed too.) To show that the measure sees seams, the same patches are
// also put together without Gaussian weights.
//
// Synthesis runs in a process of its own, so that its memory is all that is measured. The head is simulated, and was not trained on. Volumes and a picture of three planes
// stay in .tmp/verify-patches/.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { peakMemory } from "../../bench/harness/peak-memory.ts";
import { montagePng } from "../../src/evaluation/report/index.ts";
import { loadModel, readVolume, saveModel, writeVolume } from "../../src/host/node/index.ts";
import { phantomSubject } from "../../src/imaging/phantom/index.ts";
import { bodyMask, type Triple, type Volume } from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { schedules } from "../../src/networks/learning/index.ts";
import { UNet } from "../../src/networks/models/index.ts";
import { augmentations, phantomDataset } from "../../src/road/data/index.ts";
import type { ModelBundle } from "../../src/road/model-file/index.ts";
import { type PatchOptions, Slicer } from "../../src/road/preparation/index.ts";
import { Synthesizer } from "../../src/road/synthesis/index.ts";
import { Trainer } from "../../src/road/training/index.ts";
import { seamRatios } from "../support/seams.ts";
import { maskedMae } from "./geometry-road.ts";

const MOST_BYTES = 2 * 2 ** 30;
const SEAM: readonly [number, number] = [0.95, 1.05];
const SHAPE: Triple = [160, 192, 160];
const PATCH = { size: [96, 96, 96] } as const;
/** Begin and end on other planes along each axis. */
const CONTROL = { size: [80, 80, 80] } as const;
/** As if all patches' voxels counted alike. */
const UNWEIGHTED = { ...PATCH, blend: "constant" } as const;
const RECIPE = {
  seed: 7,
  subjects: 3,
  model: { dims: 3, baseFilters: 16, levels: 4 },
  patch: [48, 48, 48],
  learningRate: 2e-3,
  batchSize: 2,
  epochs: 3,
  stepsPerEpoch: 40,
} as const;
/** Not among those trained on. */
const UNSEEN = 10;

const FOLDER = fileURLToPath(new URL("../../.tmp/verify-patches/", import.meta.url));
const { values: flags } = parseArgs({
  options: { model: { type: "string" }, retrain: { type: "boolean" }, patches: { type: "string" } },
});
const say = (line: string) => console.log(line);

if (flags.patches) console.log(JSON.stringify(await synthesise(flags.model!, JSON.parse(flags.patches))));
else process.exitCode = (await bars(flags.model ?? (await trainedModel()))) ? 0 : 1;

/** Trained once; the recipe's hash names the file. */
async function trainedModel(): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(RECIPE)).digest("hex").slice(0, 12);
  const file = `${FOLDER}model-${hash}.safetensors`;
  if (existsSync(file) && !flags.retrain && (await loadModel(file).catch(() => undefined))) return file;
  const { seed, subjects, model, patch, ...how } = RECIPE;
  say(`Training a 3-D U-Net on patches of ${patch.join("×")} of simulated heads at 1 mm`);
  mkdirSync(FOLDER, { recursive: true });
  const dataset = phantomDataset({
    seed,
    subjects: { train: subjects, validation: 0, test: 0 },
    shape: SHAPE,
    spacing: [1, 1, 1],
  });
  const trainer = new Trainer({
    ...how,
    model: UNet(model),
    backend: wasm(),
    sampler: Slicer.patches({ size: patch, perCase: 8 }),
    schedule: schedules.cosine(),
    augmentations: [augmentations.flip()],
    seed,
  });
  const started = performance.now();
  for await (const event of trainer.fit(dataset)) {
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    if (event.type === "epoch") say(`epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, ${seconds} s`);
    else if (event.type === "step" && event.step % 10 === 0)
      say(`step ${event.step}: loss ${event.loss.toFixed(4)}, ${seconds} s`);
  }
  await saveModel(file, trainer.result());
  return file;
}

/** Trained on small patches, which cost less a step and lie in more places, used on large ones, which meet more rarely. */
function withPatches(bundle: ModelBundle, patches: PatchOptions): ModelBundle {
  return { ...bundle, preparation: { ...bundle.preparation, sampler: Slicer.patches(patches).toJSON() } };
}

interface Synthesised {
  readonly seconds: number;
  readonly peak: number;
  /** Before the model was loaded. */
  readonly idle: number;
}

async function synthesise(model: string, patches: PatchOptions): Promise<Synthesised> {
  const mr = await readVolume(`${FOLDER}mr.nii`);
  const bundle = withPatches(await loadModel(model), patches);
  const idle = process.memoryUsage().rss;
  const synthesizer = new Synthesizer(bundle, { backend: wasm() });
  const started = performance.now();
  const { sct } = await synthesizer.run(mr, {
    onProgress: ({ done, total }) => console.error(`  ${done} of ${total} patches`),
  });
  const seconds = (performance.now() - started) / 1000;
  synthesizer.dispose();
  const peak = peakMemory();
  await writeVolume(`${FOLDER}sct.nii`, sct);
  return { seconds, peak, idle };
}

/** Prints all numbers. @returns whether each bar is kept */
async function bars(model: string): Promise<boolean> {
  const { inputs, ct } = await phantomSubject({
    seed: RECIPE.seed,
    subject: UNSEEN,
    shape: SHAPE,
    spacing: [1, 1, 1],
  });
  mkdirSync(FOLDER, { recursive: true });
  await writeVolume(`${FOLDER}mr.nii`, inputs.t1!);
  say(`\nSimulated head, ${SHAPE.join("×")} voxels of 1 mm, not trained on`);
  const { sct, seconds, peak, idle } = await inProcess(model, PATCH);
  const body = bodyMask(ct);
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  let kept = true;
  const check = (line: string, passed: boolean) => {
    kept &&= passed;
    say(`${line.padEnd(92)} ${passed ? "passed" : "FAILED"}`);
  };
  say(`Body MAE ${maskedMae(sct, ct, body).toFixed(1)} HU; ${seconds.toFixed(0)} s on wasm`);
  check(
    `Peak resident memory ${gib(peak)}, of it ${gib(idle)} before synthesis (bar ${gib(MOST_BYTES)})`,
    peak <= MOST_BYTES,
  );
  await picture(inputs.t1!, sct, ct);
  const control = (await inProcess(model, CONTROL)).sct;
  const unweighted = (await inProcess(model, UNWEIGHTED)).sct;
  const [ours, elsewhere, alike, anatomy] = [sct, control, unweighted, ct].map((volume) =>
    seamRatios(volume, Slicer.patches(PATCH)),
  );
  say(`\nSteps across planes where patches of ${PATCH.size.join("×")} begin or end, to those elsewhere:`);
  for (const axis of ["x", "y", "z"] as const) {
    const raw = ours![axis]!;
    const ratio = raw / elsewhere![axis]!;
    const shown = (value: number) => value.toFixed(3);
    check(
      `${axis}: raw ${shown(raw)}, of the control ${shown(elsewhere![axis]!)}: ${shown(ratio)} (bar ${SEAM.join(" to ")})`,
      ratio >= SEAM[0] && ratio <= SEAM[1],
    );
    say(
      `   of the CT ${shown(anatomy![axis]!)}: ${shown(raw / anatomy![axis]!)}; without Gaussian weights, to the control: ${shown(alike![axis]! / elsewhere![axis]!)}`,
    );
  }
  return kept;
}

async function inProcess(
  model: string,
  patches: PatchOptions,
): Promise<Synthesised & { readonly sct: Volume }> {
  const jiti = fileURLToPath(import.meta.resolve("jiti/package.json")).replace(
    "package.json",
    "lib/jiti-cli.mjs",
  );
  const script = fileURLToPath(import.meta.url);
  const given = ["--patches", JSON.stringify(patches), "--model", model];
  const ran = spawnSync(process.execPath, [jiti, script, ...given], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (ran.status !== 0) throw new Error(`synthesis: exit code ${ran.status}`);
  const sct = await readVolume(`${FOLDER}sct.nii`);
  return { ...(JSON.parse(ran.stdout) as Synthesised), sct };
}

/** MR, sCT, CT and error on three planes, through where patches meet. */
async function picture(mr: Volume, sct: Volume, ct: Volume): Promise<void> {
  const rows = (["axial", "coronal", "sagittal"] as const).map((axis) => ({
    title: axis,
    mr,
    sct,
    ct,
    axis,
  }));
  writeFileSync(`${FOLDER}planes.png`, await montagePng(rows));
  say(`\nPicture: ${FOLDER}planes.png`);
}
