// The bar for geometry: a model trained on axial slices of 1 mm gives, for the same subject as sagittal slices of 3 mm, nearly the
// sCT that it gives at 1 mm.
//
//   npm run verify:geometry                 # trains two minutes, once; prints the numbers; exit code 1 when the bar is missed
//   npm run verify:geometry -- --limits     # instead: error by voxel size, the reason for SPACING_LIMITS
//   npm run verify:geometry -- --oblique    # instead: error by angle, the reason for MAX_OBLIQUITY
//   npm run verify:geometry -- --retrain
//
// "Sagittal LPI at 1×1×3 mm" is read in two ways, and both are tried: sagittal slices 3 mm apart (axes P, I, L; 3 mm left to right), and
// axes L, P, I with 3 mm along the last, so through-plane for the model. All images are simulated.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadModel, saveModel } from "../../src/host/node/index.ts";
import { headTissueTable, parametricHead, simulateFromLabels } from "../../src/imaging/phantom/index.ts";
import {
  bodyMask,
  multiplyAffines,
  reorient,
  resample,
  type Triple,
  type Volume,
} from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import type { ModelBundle } from "../../src/road/model-file/index.ts";
import { SPACING_LIMITS } from "../../src/road/preparation/index.ts";
import { Synthesizer } from "../../src/road/synthesis/index.ts";
import {
  compare,
  maskedMae,
  type Recipe,
  type Subject,
  scannedAt,
  simulate,
  trainAxial,
} from "./geometry-road.ts";

const BAR = 1.5;
const RECIPE: Recipe = {
  seed: 7,
  shape: [174, 207, 96],
  voxel: 1,
  subjects: 3,
  model: { baseFilters: 8, levels: 4 },
  batchSize: 2,
  epochs: 3,
  stepsPerEpoch: 60,
};
/** Not among those trained on. */
const UNSEEN = 10;

const { values: flags } = parseArgs({
  options: { limits: { type: "boolean" }, oblique: { type: "boolean" }, retrain: { type: "boolean" } },
});
const say = (line: string) => console.log(line);
const hu = (value: number) => `${value.toFixed(1)} HU`.padStart(9);

const bundle = await trainedModel();
const subject = await simulate(RECIPE, UNSEEN);
const failed = flags.limits ? await limits() : flags.oblique ? await oblique() : await bar();
process.exitCode = failed ? 1 : 0;

/** Trained once; the recipe's hash names the file. */
async function trainedModel(): Promise<ModelBundle> {
  const folder = new URL("../../.tmp/verify-geometry/", import.meta.url).pathname;
  const hash = createHash("sha256").update(JSON.stringify(RECIPE)).digest("hex").slice(0, 12);
  const file = `${folder}model-${hash}.safetensors`;
  // A file of an older version, which can't be read any more, is made anew.
  const kept = existsSync(file) && !flags.retrain ? await loadModel(file).catch(() => undefined) : undefined;
  if (kept) return kept;
  say("Training a U-Net on axial slices of simulated heads at 1 mm (once, some two minutes)");
  mkdirSync(folder, { recursive: true });
  const trained = await trainAxial(RECIPE, wasm(), say);
  await saveModel(file, trained);
  return trained;
}

async function bar(): Promise<boolean> {
  const synthesizer = new Synthesizer(bundle, { backend: wasm() });
  const { sct: first } = await synthesizer.run(subject.mr);
  say(
    `\nSimulated head ${subject.id}, not trained on. Body MAE of the first sCT against the CT: ${hu(maskedMae(first, subject.ct, bodyMask(subject.ct)))}`,
  );
  say(`\n${"the MR as".padEnd(46)}  there+back       road  ratio   (bar ${BAR})`);
  let failed = false;
  const check = (name: string, passed: boolean) => {
    failed ||= !passed;
    say(`${name.padEnd(76)} ${passed ? "passed" : "FAILED"}`);
  };
  const grids: [string, Triple, string][] = [
    ["PIL 1×1×3 mm, sagittal slices 3 mm thick", [3, 1, 1], "PIL"],
    ["LPI 1×1×3 mm, 3 mm along the body", [1, 1, 3], "LPI"],
  ];
  for (const [name, factors, codes] of grids)
    for (const antialias of [true, false]) {
      const { thereAndBack, road, ratio } = await compare(
        synthesizer,
        subject,
        first,
        factors,
        codes,
        antialias,
      );
      const how = `${name}${antialias ? "" : "; sampled"}`;
      check(`${how.padEnd(46)}  ${hu(thereAndBack)}  ${hu(road)}  ${ratio.toFixed(2)}`, ratio <= BAR);
    }
  const [pil, lpi] = ["PIL", "LPI"].map((codes) => scannedAt(subject.mr, [3, 1, 1], codes)) as [
    Volume,
    Volume,
  ];
  const [a, b] = [(await synthesizer.run(pil)).sct, (await synthesizer.run(lpi)).sct];
  const apart = maxDifference(reorient(a, "RAS"), reorient(b, "RAS"));
  check(`the same voxels stored as PIL and as LPI: ${apart.toExponential(1)} HU apart at most`, apart < 0.01);
  for (const factors of [
    [1, 1, 5],
    [5, 1, 1],
  ] as const) {
    const said = await synthesizer.run(scannedAt(subject.mr, factors, "LPI")).then(
      () => "no error",
      (error: Error) => error.message,
    );
    check(`${factors.join("×")} mm is refused`, said.includes("are too far from the model's 1×1×1 mm"));
    say(`  ${said}`);
  }
  synthesizer.dispose();
  return failed;
}

/** The error on coarser grids, without limits. */
async function limits(): Promise<boolean> {
  const synthesizer = new Synthesizer(withSpacing({ limits: { min: 0.01, max: 100 } }), {
    backend: wasm(),
  });
  const { sct: first } = await synthesizer.run(subject.mr);
  say(
    "\nvoxels, mm   sCT of that MR   sCT of the 1 mm MR, averaged   more   (body MAE against the CT there)",
  );
  const sizes: Triple[] = [];
  for (const f of [2, 3, 4, 6]) sizes.push([f, 1, 1], [1, 1, f], [f, f, 1], [f, f, f]);
  for (const size of sizes) {
    const { error, firstError } = await compare(synthesizer, subject, first, size, "RAS");
    const more = `${(100 * (error / firstError - 1)).toFixed(0)} %`;
    const allowed = size.every((f) => f <= SPACING_LIMITS.max) ? "" : "  refused";
    say(
      `${size.join("×").padEnd(10)}   ${hu(error).padEnd(14)}   ${hu(firstError).padEnd(28)} ${more.padStart(6)}${allowed}`,
    );
  }
  synthesizer.dispose();
  return false;
}

/** The error on turned grids: taken as straight, and resampled onto a straight one. */
async function oblique(): Promise<boolean> {
  say("\nturned by            as it is   resampled   (body MAE against the CT on that grid)");
  for (const axis of [0, 2] as const)
    for (const degrees of [0, 5, 10, 15, 20]) {
      const turned = await simulateTurned(axis, degrees);
      const errors: number[] = [];
      for (const maxObliquity of [90, 0]) {
        const synthesizer = new Synthesizer(withSpacing({ maxObliquity }), { backend: wasm() });
        const { sct } = await synthesizer.run(turned.mr);
        synthesizer.dispose();
        errors.push(maskedMae(sct, turned.ct, bodyMask(turned.ct)));
      }
      say(`${String(degrees).padStart(3)}° about ${"xyz"[axis]}     ${errors.map(hu).join("   ")}`);
    }
  return false;
}

/** The unseen subject imaged on a turned grid. */
async function simulateTurned(axis: 0 | 2, degrees: number): Promise<Subject> {
  const { seed, shape, voxel } = RECIPE;
  const labels = await parametricHead({
    seed,
    subject: UNSEEN,
    shape: shape.map((n) => 2 * n) as unknown as Triple,
    spacing: [voxel / 2, voxel / 2, voxel / 2],
  });
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const turn =
    axis === 0
      ? [1, 0, 0, 0, 0, c, -s, 0, 0, s, c, 0, 0, 0, 0, 1]
      : [c, -s, 0, 0, s, c, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const like = { shape: labels.shape, affine: multiplyAffines(turn, labels.affine) };
  const turned = resample(labels, { like, interpolation: "nearest", fill: 0 });
  const { inputs, ct } = await simulateFromLabels(turned, headTissueTable(), {
    seed,
    subject: UNSEEN,
    spacing: [voxel, voxel, voxel],
  });
  return { id: `turned by ${degrees}`, mr: inputs.t1!, ct };
}

function withSpacing(changes: object): ModelBundle {
  const { preparation } = bundle;
  const steps = preparation.steps.map((step) => (step.type === "spacing" ? { ...step, ...changes } : step));
  return { ...bundle, preparation: { ...preparation, steps } };
}

function maxDifference(a: Volume, b: Volume): number {
  const [x, y] = [a.values(), b.values()];
  return x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i]!)), 0);
}
