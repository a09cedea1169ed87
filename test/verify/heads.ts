// How good the model of heads is: on simulated heads that it was not trained on, on real ones, and on images that are no heads at all.
//
//   npm run verify:heads                                        # heads 13 to 16 as T1, the real heads, MNI, what must be refused
//   npm run verify:heads -- --model run/best.safetensors        # another model than the one that ships
//   npm run verify:heads -- --contrasts t1,t2,flair,pd,petra --heads 13 --no-real --out folder
//   npm run verify:heads -- --heads "" --no-real --same         # the same image in other orders, scales, voxel sizes
//   npm run verify:heads -- --heads "" --no-real --resources    # time and peak memory from file to file, by wasm and by ONNX Runtime; needs `npm run build`
//
// Simulated heads: MAE in the CT's body, Dice of bone (above 300 HU), brain (CSF, grey and white together), grey and white, at 1 mm; correlation of the uncertainty with the
// absolute error in the body. A real head: against FreeSurfer's segmentation, which has no label for fluid between the gyri: both are closed and filled. Images
// without truth: volumes and warnings. With --out all volumes are written; with --record all figures are kept in weights/head/measured.json, of which `npm run verify:heads:table` makes
// the table in docs/validation.md.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LookupBaseline } from "../../src/evaluation/metrics/index.ts";
import { loadModel, readVolume, writeVolume } from "../../src/host/node/index.ts";
import {
  type Contrast,
  type ContrastName,
  HEAD_CLASSES,
  simulateFromLabels,
  tissueTableForHeadLabels,
} from "../../src/imaging/phantom/index.ts";
import {
  bodyMask,
  dilate,
  erode,
  extract,
  fillHoles,
  keepLargestComponent,
  mapTriple,
  reorient,
  resample,
  type Triple,
  type Volume,
} from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { HeadPipeline } from "../../src/road/head/index.ts";
import { maskedMae } from "./geometry-road.ts";
import { recordFinding } from "./measured.ts";
import { noHeads } from "./no-heads.ts";
import { segHead } from "./seghead.ts";
import { DATA } from "./tissue-truth.ts";

const SHIPPED = "weights/head/head.safetensors";
const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: SHIPPED },
    heads: { type: "string", default: "13,14,15,16" },
    contrasts: { type: "string", default: "t1" },
    spacing: { type: "string", default: "1,1,1" },
    out: { type: "string" },
    real: { type: "boolean", default: true },
    uncertainty: { type: "boolean", default: false },
    same: { type: "boolean", default: false },
    resources: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
  allowNegative: true,
});
const BONE = 300; // HU
/** As PETRA shows a head: nearly proton density, and read before bone's signal is gone. */
const PETRA: Contrast = { name: "petra", tr: 600, te: 0.07, reference: "white matter" };
const CLOSED = 6; // mm, as the pipeline closes a brain

/** Numbers of whole-head label maps by what they are compared as. */
const GREY = [
  3, 42, 8, 47, 10, 11, 12, 13, 17, 18, 26, 28, 49, 50, 51, 52, 53, 54, 58, 60, 136, 137, 163, 164,
];
const WHITE = [2, 41, 7, 46, 16, 25, 57, 77, 251, 252, 253, 254, 255];
const FLUID = [4, 5, 14, 15, 24, 31, 43, 44, 63, 72];

if (flags.record && flags.model !== SHIPPED)
  throw new Error("figures are kept of the weights that ship alone");
const head = await HeadPipeline.open({ backend: wasm(), model: await loadModel(flags.model) });

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
const bytes = (mask: Volume) => Uint8Array.from(mask.data, (value) => (value > 0 ? 1 : 0));
const mL = (mask: Uint8Array, { voxelMl }: Volume) => voxelMl * mask.reduce((sum, one) => sum + one, 0);

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

/** All that is not background, in one piece and filled. */
function headMask(labels: Volume): Uint8Array {
  const mask = Uint8Array.from(labels.data, (label) => (label > 0 ? 1 : 0));
  keepLargestComponent(mask, labels.shape);
  fillHoles(mask, labels.shape);
  return mask;
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>, mask: Uint8Array): number {
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let v = 0; v < mask.length; v++) {
    if (!mask[v]) continue;
    n++;
    x += a[v]!;
    y += b[v]!;
    xx += a[v]! ** 2;
    yy += b[v]! ** 2;
    xy += a[v]! * b[v]!;
  }
  return (xy / n - (x / n) * (y / n)) / Math.sqrt((xx / n - (x / n) ** 2) * (yy / n - (y / n) ** 2));
}

async function keep(id: string, volumes: Readonly<Record<string, Volume | undefined>>): Promise<void> {
  if (!flags.out) return;
  mkdirSync(flags.out, { recursive: true });
  for (const [name, volume] of Object.entries(volumes))
    if (volume) await writeVolume(join(flags.out, `${id}_${name}.nii.gz`), volume);
}

function show(id: string, figures: Readonly<Record<string, number>>, warnings: readonly string[] = []): void {
  const text = Object.entries(figures).map(
    ([name, value]) => `${name} ${value.toFixed(Math.abs(value) < 10 ? 3 : 1)}`,
  );
  console.log(
    `${id.padEnd(16)}${text.join("  ")}${warnings.map((warning) => `\n    ! ${warning}`).join("")}`,
  );
  if (flags.record) recordFinding("verify:heads", id, { figures, warnings });
}

function refuse(id: string, refused: string): void {
  console.log(`${id.padEnd(16)}refused: ${refused}`);
  if (flags.record) recordFinding("verify:heads", id, { figures: {}, warnings: [], refused });
}

/** `1,1,4` of a head's name, unless it is the usual. */
const otherwise = () =>
  [flags.spacing === "1,1,1" ? "" : ` ${flags.spacing}`, flags.uncertainty ? " uncertain" : ""].join("");

for (const number of flags.heads.split(",").filter(Boolean)) {
  const map = await readVolume(`${DATA}heads/head_${number}.nii.gz`);
  const names = flags.contrasts.split(",");
  const {
    inputs,
    ct,
    labels: truth,
  } = await simulateFromLabels(map, tissueTableForHeadLabels(), {
    seed: "heads",
    subject: Number(number),
    contrasts: names.map((name) => (name === "petra" ? PETRA : (name as ContrastName))),
    spacing: flags.spacing.split(",").map(Number) as unknown as Triple,
  });
  const body = bodyMask(ct);
  for (const contrast of names) {
    const mr = inputs[contrast]!;
    const found = await head.synthesize(mr, { uncertainty: flags.uncertainty });
    const { sct, labels, uncertainty } = found;
    await keep(`head_${number}-${contrast}`, { mr, ct, sct, labels, uncertainty });
    const error = sct.values().map((hu, n) => Math.abs(hu - Number(ct.data[n])));
    show(
      `head_${number} ${contrast}${otherwise()}`,
      {
        MAE: maskedMae(sct, ct, body),
        bone: dice(bone(sct), bone(ct)),
        brain: dice(classes(labels, "csf", "grey", "white"), where(truth, [...GREY, ...WHITE, ...FLUID])),
        grey: dice(classes(labels, "grey"), where(truth, GREY)),
        white: dice(classes(labels, "white"), where(truth, WHITE)),
        ...(uncertainty
          ? { "uncertainty~error": correlation(uncertainty.values(), error, bytes(body)) }
          : {}),
        seconds: found.seconds,
      },
      found.warnings,
    );
  }
}

if (flags.real) {
  const mr = await readVolume(`${DATA}real_heads/mne_t1.mgz`);
  const near = async (file: string) =>
    resample(await readVolume(`${DATA}real_heads/${file}`), { like: mr, interpolation: "nearest" });
  const [aseg, scalp] = [await near("mne_aseg.mgz"), await near("mne_head.mgz")];
  const { labels, sct } = await head.synthesize(mr);
  const tissue = await head.tissue(mr);
  const { mask } = await head.brain(mr);
  await keep("mne_t1", { mr, sct, labels, tissue: tissue.labels, brain: mask });
  show(
    "mne_t1",
    {
      brain: dice(bytes(mask), closed(bytes(aseg), mr)),
      grey: dice(where(tissue.labels, [2]), where(aseg, GREY)),
      white: dice(where(tissue.labels, [3]), where(aseg, WHITE)),
      "head mask": dice(headMask(labels), bytes(scalp)),
      "by the same rule": dice(segHead(mr, 0), bytes(scalp)),
      "with its skin": dice(headMask(labels), segHead(mr, 2)),
      "skin to none": dice(segHead(mr, 2), bytes(scalp)),
      "brain mL": tissue.brainMl,
    },
    tissue.warnings,
  );
  for (const file of [
    "real_heads/t1_b.nii.gz",
    "real_heads/t1_defaced.nii.gz",
    "mr/t1_noisy.nii.gz",
    "mr/t2_clinical.nii.gz",
    "mr/t1_rire.mha",
  ]) {
    const image = await readVolume(`${DATA}${file}`);
    const id = file.slice(file.indexOf("/") + 1, file.indexOf("."));
    const found = await head.synthesize(image);
    const classified = await head.tissue(image);
    await keep(id, { mr: image, sct: found.sct, labels: found.labels, tissue: classified.labels });
    const [csf, gm, wm] = classified.table.map((row) => row.mL) as [number, number, number];
    show(
      id,
      {
        "brain mL": found.brainMl,
        csf,
        gm,
        wm,
        "bone mL": mL(bone(found.sct), image),
        seconds: found.seconds,
      },
      [...new Set([...found.warnings, ...classified.warnings])],
    );
  }
  const template = await readVolume(`${DATA}mni2mm/t1.nii.gz`);
  const ct = resample((await readVolume(`${DATA}mni2mm/ct.nii.gz`)).with({ unit: "HU" }), { like: template });
  const found = await head.synthesize(template);
  const body = bodyMask(ct);
  /** A table from brightness to HU, fitted to the very image that it is asked about. */
  const brightness = LookupBaseline.fit([
    { input: template.values(), target: ct.values(), mask: bytes(body) },
  ]).predict(template, { mask: body });
  await keep("mni2mm", { mr: template, ct, sct: found.sct, labels: found.labels });
  show(
    "mni2mm",
    {
      MAE: maskedMae(found.sct, ct, body),
      "MAE of 0 HU": maskedMae(ct.with({ data: new Float32Array(ct.size) }), ct, body),
      "of a lookup": maskedMae(brightness, ct, body),
      bone: dice(bone(found.sct), bone(ct)),
      "of a lookup,": dice(bone(brightness), bone(ct)),
    },
    found.warnings,
  );
  for (const [name, image] of [
    ...noHeads(),
    ["real meat", await readVolume(`${DATA}mridir/mr.nii.gz`)] as const,
  ])
    await head
      .brain(image)
      .then(({ brainMl, warnings }) =>
        show(`no head: ${name}`, { "taken for a brain of mL": brainMl }, warnings),
      )
      .catch((error) => refuse(`no head: ${name}`, error.message));
}

if (flags.same) {
  const mr = await readVolume(`${DATA}real_heads/mne_t1.mgz`);
  const usual = await head.synthesize(mr);
  const tissue = await head.tissue(mr);
  const body = bodyMask(usual.sct);
  const sized = (factor: number) =>
    mr.with({
      affine: mr.affine.map((v, n) => (n < 12 && n % 4 < 3 ? v * factor : v)) as unknown as Volume["affine"],
    });
  const thick = resample(mr, { spacing: mapTriple(mr.spacing, (s, d) => (d === 1 ? 4 : s)) });
  const others: readonly (readonly [string, Volume, boolean])[] = [
    ["RAS", reorient(mr, "RAS"), true],
    ["LPS", reorient(mr, "LPS"), true],
    ["PIR", reorient(mr, "PIR"), true],
    [
      "x7+300",
      mr.with({ data: Float32Array.from(mr.values(), (v) => 7 * v + 300), unit: "arbitrary" }),
      true,
    ],
    ["int16", mr.with({ data: Int16Array.from(mr.values(), (v) => 16 * v), unit: "arbitrary" }), true],
    ["(1 + 1e-6) mm", sized(1 + 1e-6), true],
    ["(1 - 1e-6) mm", sized(1 - 1e-6), true],
    [
      "DICOM", // its voxel sizes and integers
      sized(1.0000004).with({
        data: Uint16Array.from(mr.values(), (v) => 16 * v),
        unit: "arbitrary",
      }),
      true,
    ],
    ["1x1x4 mm", thick, false],
  ];
  for (const [name, image, classify] of others) {
    const { sct } = await head.synthesize(image);
    // Where its slices are thicker, on its own grid: a CT of thick slices can't be one of thin ones.
    const [one, other] = classify
      ? [resample(sct, { like: usual.sct }), usual.sct]
      : [sct, resample(usual.sct, { like: sct })];
    const found = classify ? await head.tissue(image) : undefined;
    const change = found?.table.map((row, n) => Math.abs(row.mL / tissue.table[n]!.mL - 1)) ?? [0];
    show(`same ${name}`, {
      "sCT differs by HU": maskedMae(one, other, classify ? body : bodyMask(other)),
      "tissue by %": 100 * Math.max(...change),
    });
  }
}
if (flags.resources) {
  const map = await readVolume(`${DATA}heads/head_13.nii.gz`);
  const { inputs } = await simulateFromLabels(map, tissueTableForHeadLabels(), {
    seed: "heads",
    contrasts: ["t1"],
    spacing: [1, 1, 1],
  });
  const folder = mkdtempSync(join(tmpdir(), "verify-heads-"));
  const t1 = inputs.t1!;
  const low = [0, 0, Math.round((t1.shape[2] - 180) / 2)] as const; // all of the head, and of the neck what 180 mm hold
  await writeVolume(join(folder, "mr.nii.gz"), extract(t1, low, [t1.shape[0], t1.shape[1], 180]));
  for (const backend of ["wasm", "onnx"]) {
    const cli = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
    const words = ["synthesize", "mr.nii.gz", `${backend}.nii.gz`, "--labels", "--backend", backend];
    const peak = `process.on("exit", () => require("node:fs").writeFileSync("peak", String(process.resourceUsage().maxRSS)))`;
    writeFileSync(join(folder, "peak.cjs"), peak);
    const started = performance.now();
    const run = spawnSync(process.execPath, ["--require", "./peak.cjs", cli, ...words], {
      cwd: folder,
      encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(run.stderr);
    const seconds = (performance.now() - started) / 1000;
    const gib = Number(readFileSync(join(folder, "peak"), "utf8")) / 2 ** 20;
    show(`resources ${backend}`, { seconds, "peak GiB": gib });
  }
}
head.dispose();
console.log(`peak memory ${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GiB`);
