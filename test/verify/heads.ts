// How good a model of whole heads is (`midash train FOLDER --layout labels`): on simulated heads that it was not trained on, and on real ones.
//
//   npm run verify:heads -- --model run/model.safetensors                 # heads 13 to 16 as T1, and all real heads
//   npm run verify:heads -- --model m.safetensors --contrasts t1,t2,flair,pd --heads 13 --out folder
//
// Simulated heads: MAE in the CT's body, Dice of bone (above 300 HU), brain (CSF, grey and white together), grey and white, at 1 mm. A real head: the same of the brain, against
// FreeSurfer's segmentation, which has no label for fluid between the gyri: closed and filled it counts as brain. Images without truth: the brain's volume. With --out all volumes are written.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadModel, readVolume, writeVolume } from "../../src/host/node/index.ts";
import {
  type ContrastName,
  HEAD_CLASSES,
  simulateFromLabels,
  tissueTableForHeadLabels,
} from "../../src/imaging/phantom/index.ts";
import {
  bodyMask,
  dilate,
  erode,
  fillHoles,
  mapTriple,
  resample,
  type Volume,
} from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { Synthesizer } from "../../src/road/synthesis/index.ts";
import { maskedMae } from "./geometry-road.ts";
import { DATA } from "./tissue-truth.ts";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", multiple: true },
    heads: { type: "string", default: "13,14,15,16" },
    contrasts: { type: "string", default: "t1" },
    flips: { type: "string" },
    out: { type: "string" },
    real: { type: "boolean", default: true },
  },
  allowNegative: true,
});
if (!flags.model) throw new Error("give --model FILE");
const BONE = 300; // HU
const CLOSED = 4; // mm

/** Numbers of whole-head label maps by what they are compared as. */
const GREY = [
  3, 42, 8, 47, 10, 11, 12, 13, 17, 18, 26, 28, 49, 50, 51, 52, 53, 54, 58, 60, 136, 137, 163, 164,
];
const WHITE = [2, 41, 7, 46, 16, 25, 57, 77, 251, 252, 253, 254, 255];
const FLUID = [4, 5, 14, 15, 24, 31, 43, 44, 63, 72];

const models = await Promise.all(flags.model.map((file) => loadModel(file)));
const axes = flags.flips?.split(",") as ("x" | "y" | "z")[] | undefined;
const synthesizer = new Synthesizer(models, { backend: wasm(), ...(axes ? { flips: axes } : {}) });

const where = (volume: Volume, values: readonly number[]) => {
  const wanted = new Set(values);
  return Uint8Array.from(volume.data, (value) => (wanted.has(value) ? 1 : 0));
};
const classes = (labels: Volume, ...names: (typeof HEAD_CLASSES)[number][]) =>
  where(
    labels,
    names.map((name) => HEAD_CLASSES.indexOf(name)),
  );
const bone = (ct: Volume) => Uint8Array.from(ct.values(), (hu) => (hu > BONE ? 1 : 0));

function dice(a: Uint8Array, b: Uint8Array): number {
  let [both, sum] = [0, 0];
  for (let n = 0; n < a.length; n++) {
    both += a[n]! & b[n]!;
    sum += a[n]! + b[n]!;
  }
  return (2 * both) / sum;
}

/** With fluid between the gyri. */
function closed(mask: Uint8Array, { shape, spacing }: Volume): Uint8Array {
  const radii = mapTriple(spacing, (mm) => CLOSED / mm);
  const out = mask.slice();
  dilate(out, shape, radii);
  fillHoles(out, shape);
  erode(out, shape, radii);
  return out;
}

async function synthesised(id: string, mr: Volume) {
  const { sct, maps, seconds } = await synthesizer.run(mr);
  if (flags.out) {
    mkdirSync(flags.out, { recursive: true });
    for (const [name, volume] of Object.entries({ mr, sct, ...maps }))
      await writeVolume(join(flags.out, `${id}_${name}.nii.gz`), volume);
  }
  return { sct, labels: maps.tissue!, seconds };
}

function show(id: string, figures: Readonly<Record<string, number>>): void {
  const text = Object.entries(figures).map(
    ([name, value]) => `${name} ${value.toFixed(Math.abs(value) < 10 ? 3 : 1)}`,
  );
  console.log(`${id.padEnd(16)}${text.join("  ")}`);
}

for (const head of flags.heads.split(",").filter(Boolean)) {
  const map = await readVolume(`${DATA}heads/head_${head}.nii.gz`);
  const contrasts = flags.contrasts.split(",") as ContrastName[];
  const {
    inputs,
    ct,
    labels: truth,
  } = await simulateFromLabels(map, tissueTableForHeadLabels(), {
    seed: "heads",
    subject: Number(head),
    contrasts,
  });
  const body = bodyMask(ct);
  for (const contrast of contrasts) {
    const { sct, labels, seconds } = await synthesised(`head_${head}-${contrast}`, inputs[contrast]!);
    show(`head_${head} ${contrast}`, {
      MAE: maskedMae(sct, ct, body),
      bone: dice(bone(sct), bone(ct)),
      brain: dice(classes(labels, "csf", "grey", "white"), where(truth, [...GREY, ...WHITE, ...FLUID])),
      grey: dice(classes(labels, "grey"), where(truth, GREY)),
      white: dice(classes(labels, "white"), where(truth, WHITE)),
      seconds,
    });
  }
}

if (flags.real) {
  const mr = await readVolume(`${DATA}real_heads/mne_t1.mgz`);
  const aseg = resample(await readVolume(`${DATA}real_heads/mne_aseg.mgz`), {
    like: mr,
    interpolation: "nearest",
  });
  const { labels, seconds } = await synthesised("mne_t1", mr);
  const brain = classes(labels, "csf", "grey", "white");
  show("mne_t1", {
    brain: dice(
      closed(brain, mr),
      closed(
        Uint8Array.from(aseg.data, (label) => (label > 0 ? 1 : 0)),
        mr,
      ),
    ),
    grey: dice(classes(labels, "grey"), where(aseg, GREY)),
    white: dice(classes(labels, "white"), where(aseg, WHITE)),
    seconds,
  });
  for (const file of [
    "real_heads/t1_b.nii.gz",
    "real_heads/t1_defaced.nii.gz",
    "mr/t1_noisy.nii.gz",
    "mr/t2_clinical.nii.gz",
    "mr/t1_rire.mha",
  ]) {
    const image = await readVolume(`${DATA}${file}`);
    const id = file.slice(file.indexOf("/") + 1, file.indexOf("."));
    const { sct, labels, seconds } = await synthesised(id, image);
    const mL = image.spacing.reduce((a, b) => a * b, 1) / 1000;
    const count = (mask: Uint8Array) => mL * mask.reduce((sum, one) => sum + one, 0);
    show(id, {
      "brain mL": count(classes(labels, "csf", "grey", "white")),
      "bone mL": count(bone(sct)),
      seconds,
    });
  }
}
synthesizer.dispose();
