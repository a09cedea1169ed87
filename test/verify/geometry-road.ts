// What `npm run verify:geometry` and its reduced test share: a model trained on one grid, and what it gives on others.

import { phantomSubject } from "../../src/imaging/phantom/index.ts";
import {
  bodyMask,
  extract,
  multiplyAffines,
  reorient,
  resample,
  type Triple,
  type Volume,
} from "../../src/imaging/volume/index.ts";
import type { Backend } from "../../src/networks/backends/index.ts";
import { schedules } from "../../src/networks/learning/index.ts";
import { UNet, type UNetConfig } from "../../src/networks/models/index.ts";
import { augmentations, type Case, Dataset, volumeRef } from "../../src/road/data/index.ts";
import type { ModelBundle } from "../../src/road/model-file/index.ts";
import type { Synthesizer } from "../../src/road/synthesis/index.ts";
import { Trainer } from "../../src/road/training/index.ts";

/** Simulated heads on one grid, and how long to train on them. */
export interface Recipe {
  readonly seed: number;
  /** Voxels along x, y, z of cubic voxels of `voxel` mm. */
  readonly shape: Triple;
  readonly voxel: number;
  readonly subjects: number;
  readonly model: UNetConfig;
  readonly batchSize: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

export interface Subject {
  readonly id: string;
  readonly mr: Volume;
  readonly ct: Volume;
}

export async function simulate({ seed, shape, voxel }: Recipe, subject: number): Promise<Subject> {
  const { inputs, ct, id } = await phantomSubject({ seed, subject, shape, spacing: [voxel, voxel, voxel] });
  return { id, mr: inputs.t1!, ct };
}

/** An axial U-Net, trained as any user would. The subject after the last one trained on validates. */
export async function trainAxial(
  recipe: Recipe,
  backend: Backend,
  say: (line: string) => void,
): Promise<ModelBundle> {
  const cases: Case[] = [];
  for (let n = 0; n <= recipe.subjects; n++) {
    const { id, mr, ct } = await simulate(recipe, n);
    cases.push({ id, inputs: { t1: volumeRef(mr) }, targets: { ct: volumeRef(ct) } });
  }
  const dataset = new Dataset(
    { train: cases.slice(0, -1), validation: cases.slice(-1), test: [] },
    { name: `heads at ${recipe.voxel} mm`, origin: "phantoms" },
  );
  const { model, batchSize, epochs, stepsPerEpoch, seed } = recipe;
  const trainer = new Trainer({
    model: UNet(model),
    backend,
    learningRate: 3e-3,
    schedule: schedules.cosine(),
    batchSize,
    epochs,
    stepsPerEpoch,
    augmentations: [augmentations.flip()],
    seed,
  });
  for await (const event of trainer.fit(dataset))
    if (event.type === "epoch")
      say(
        `epoch ${event.epoch}: validation MAE ${event.validation?.value.toFixed(1)} HU, ${event.seconds.toFixed(0)} s`,
      );
  return trainer.result();
}

/**
 * The same subject as a coarser scan would show it: blocks of `factors` voxels averaged, as a thick slice averages what lies in
 * it (noise included), stored in the order `codes`. Rows and slices that fill no block are left out.
 */
export function scannedAt(volume: Volume, factors: Triple, codes: string): Volume {
  const shape = volume.shape.map((n, d) => Math.floor(n / factors[d]!)) as unknown as Triple;
  const whole = extract(volume, [0, 0, 0], shape.map((n, d) => n * factors[d]!) as unknown as Triple);
  const source = whole.values();
  const [fx, fy, fz] = factors;
  const [nx, ny] = whole.shape;
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  let out = 0;
  for (let k = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++)
      for (let i = 0; i < shape[0]; i++) {
        let sum = 0;
        for (let z = k * fz; z < (k + 1) * fz; z++)
          for (let y = j * fy; y < (j + 1) * fy; y++)
            for (let x = i * fx; x < (i + 1) * fx; x++) sum += source[x + nx * (y + ny * z)]!;
        data[out++] = sum / (fx * fy * fz);
      }
  const middle = (f: number) => (f - 1) / 2;
  const toWhole = [fx, 0, 0, middle(fx), 0, fy, 0, middle(fy), 0, 0, fz, middle(fz), 0, 0, 0, 1];
  return reorient(whole.with({ shape, data, affine: multiplyAffines(whole.affine, toWhole) }), codes);
}

/** MAE in HU over a mask; all on one grid. */
export function maskedMae(a: Volume, b: Volume, mask: Volume): number {
  const [x, y] = [a.values(), b.values()];
  let sum = 0;
  let count = 0;
  for (let i = 0; i < x.length; i++)
    if (mask.data[i]) {
      sum += Math.abs(x[i]! - y[i]!);
      count++;
    }
  return sum / count;
}

/** What the road costs on another grid, beside what resampling alone costs. MAE in HU over the body. */
export interface Comparison {
  /** The first sCT taken to the other grid and back, against itself. */
  readonly thereAndBack: number;
  /** The sCT of the MR on the other grid, against the first sCT taken there. */
  readonly road: number;
  readonly ratio: number;
  /** Against the CT as a scan on the other grid would show it: the sCT of the MR there, and the first sCT averaged likewise. */
  readonly error: number;
  readonly firstError: number;
  readonly sct: Volume;
}

/**
 * @param first the sCT of `subject.mr` by the same synthesizer
 * @param antialias how the first sCT is taken to the other grid: averaged (as the Synthesizer does on its way back), or sampled
 */
export async function compare(
  synthesizer: Synthesizer,
  { mr, ct }: Subject,
  first: Volume,
  factors: Triple,
  codes: string,
  antialias = true,
): Promise<Comparison> {
  const scan = scannedAt(mr, factors, codes);
  const { sct } = await synthesizer.run(scan);
  const body = bodyMask(ct);
  const bodyThere = resample(body, { like: scan, interpolation: "nearest" });
  const there = resample(first, { like: scan, antialias });
  const thereAndBack = maskedMae(resample(there, { like: first }), first, body);
  const road = maskedMae(sct, there, bodyThere);
  const ctThere = scannedAt(ct, factors, codes);
  return {
    thereAndBack,
    road,
    ratio: road / thereAndBack,
    error: maskedMae(sct, ctThere, bodyThere),
    firstError: maskedMae(scannedAt(first, factors, codes), ctThere, bodyThere),
    sct,
  };
}
