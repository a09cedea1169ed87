import { mapInto } from "../../../base/bytes/index.ts";
import { breathe } from "../../../base/errors/index.ts";
import { mapTriple, quantiles, type Triple } from "../../volume/index.ts";
import { LogBias } from "./bias.ts";
import type { MaskBox } from "./box.ts";
import { Gaussians, K, Sums } from "./gaussians.ts";
import type { BoxPriors } from "./priors.ts";
import { pureVoxels } from "./pure.ts";
import { roundOfMany } from "./round-many.ts";
import { roundOfOne } from "./round-single.ts";
import { thresholds } from "./start.ts";
import type { TissueContrast, TissueSettings } from "./tissue-options.ts";

/** The rounds end when means change by less than this share of their range, and the field by less than this. */
const STEADY = 2e-4;

/**
 * On T2 and FLAIR grey and white matter hardly differ, and left alone the grey class wanders off to fit CSF's partial volumes or
 * lesions, or vanishes. In thick slices the same happens on T1. So each fit sees the classes as they started, too, with so much weight.
 */
const ANCHOR = 1;
/** Shares of intensities beyond which they are taken for the last value within: vessels, lesions, leftovers of fat. */
const TAILS = [0.005, 0.995] as const;

/**
 * What a prior's logarithm counts for: at first so much that it alone decides, and a field as strong as a surface coil's is found before any
 * intensity is believed; at last half, since what a network or an atlas says of a voxel and what it says of its neighbour are much the same.
 */
const PRIOR = { first: 8, last: 0.5, rounds: 6 } as const;

/** What the rounds work on and end with. Arrays on the box of the mask. */
export interface Estimate {
  readonly gaussians: Pick<Gaussians, "mean" | "covariance" | "inverse">;
  /** Probability of each class, from dark to bright on the first channel; with priors in the order of the tissues. */
  readonly probability: readonly Float32Array[];
  /** Intensities over their field, by channel. */
  readonly corrected: readonly Float32Array[];
  readonly bias: readonly LogBias[];
  readonly rounds: number;
}

/** How {@link estimate} is to work. */
interface EstimateOptions {
  readonly settings: TissueSettings;
  /** Of the first channel, where it is known. */
  readonly contrast: TissueContrast | undefined;
  /** Where the classes are started and, ever less, kept. */
  readonly priors: BoxPriors | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called with the share of the rounds that is done. */
  readonly onProgress: (share: number) => void;
}

/**
 * Expectation maximisation of three Gaussians over intensities that a smooth field multiplies, with a Markov random field over the
 * classes in its mean-field form (Zhang, Brady and Smith, "Segmentation of brain MR images through a hidden Markov random field
 * model", IEEE TMI 20, 2001; the field after Wells et al., IEEE TMI 15, 1996, but with residuals relative to the class's mean instead of
 * logarithms, so that dark CSF, whose logarithm is mostly noise, has little say). The field starts from one that was found without classes, as far as the
 * classes agree that there is one.
 *
 * Where voxels are thick most hold several tissues, and would pass for a class of their own; then the classes are learnt from the voxels
 * that look pure, and all count as equally frequent, so that a mixture goes to the nearer class.
 *
 * @param raw intensities on the box, by channel; their tails are clipped in place; classes are started on the first
 * @param begun fields to start from, on the box, by channel
 */
export async function estimate(
  raw: readonly Float32Array[],
  begun: readonly Float32Array[],
  box: MaskBox,
  spacing: Triple,
  { settings, contrast, priors, signal, onProgress }: EstimateOptions,
): Promise<Estimate> {
  const size = raw[0]!.length;
  for (const channel of raw) clipTails(channel, box);
  const corrected = raw.map((channel) => channel.slice());
  const probability = Array.from({ length: K }, () => new Float32Array(size));
  const fields = Number.isFinite(settings.biasFwhm);
  const bias = raw.map(() => new LogBias(box, spacing, settings.biasFwhm));
  const pure = pureVoxels(raw, box, spacing);
  const gaussians = new Gaussians(raw.length, pure !== undefined || priors !== undefined);
  const begins = () =>
    priors
      ? startFrom(priors, corrected, box, probability, gaussians, pure)
      : start(corrected, box, probability, gaussians, contrast, pure);
  const prior = (weight: number) => priors && { log: priors.log, weight };
  if (fields) {
    // Whether there is a field at all shows in the classes found without one.
    begins();
    const how = { pure, prior: prior(PRIOR.first) };
    if (raw.length === 1) roundOfOne(corrected[0]!, box, probability, gaussians, bias[0], [0, 0, 0], how);
    else roundOfMany(corrected, box, probability, gaussians, bias, [0, 0, 0], how);
    for (const [c, field] of bias.entries()) {
      field.start(begun[c]!, box, field.agreement());
      correct(raw[c]!, corrected[c]!, box, field);
    }
    for (const p of probability) p.fill(0);
  }
  const begin = begins();
  if (pure || (!priors && (contrast === "t2" || contrast === "flair"))) gaussians.anchor(begin, ANCHOR);
  await breathe(signal);
  const links = neighbourWeights(spacing, settings.smoothness);
  let rounds = 0;
  while (rounds < settings.iterations) {
    rounds++;
    // The random field waits until the bias field has found its rough shape: labels that hold together early hold wrong.
    const strength = Math.min(1, (rounds - 1) / 4);
    const before = gaussians.mean.map((m) => m.slice());
    const pull = mapTriple(links, (w) => w * strength);
    const settled = Math.min(1, (rounds - 1) / PRIOR.rounds);
    const how = { pure, prior: prior(PRIOR.first * (PRIOR.last / PRIOR.first) ** settled) };
    if (raw.length === 1)
      roundOfOne(corrected[0]!, box, probability, gaussians, fields ? bias[0] : undefined, pull, how);
    else roundOfMany(corrected, box, probability, gaussians, fields ? bias : [], pull, how);
    await breathe(signal);
    let change = 0;
    if (fields)
      for (const [c, field] of bias.entries()) {
        change = Math.max(change, field.update());
        correct(raw[c]!, corrected[c]!, box, field);
        await breathe(signal);
      }
    for (let c = 0; c < raw.length; c++) {
      const means = before.map((m) => m[c]!);
      const range = Math.max(...means) - Math.min(...means) || 1;
      for (let k = 0; k < K; k++)
        change = Math.max(change, Math.abs(gaussians.mean[k]![c]! - before[k]![c]!) / range);
    }
    onProgress(rounds / settings.iterations);
    if (change < STEADY && strength === 1 && (!priors || settled === 1)) break;
  }
  return { gaussians, probability, corrected, bias, rounds };
}

function clipTails(channel: Float32Array, { voxels }: MaskBox): void {
  const [low, high] = quantiles(
    mapInto(new Float32Array(voxels.length), voxels, (v) => channel[v]!),
    TAILS,
  ) as [number, number];
  for (const v of voxels) channel[v] = Math.min(high, Math.max(low, channel[v]!));
}

/** Hard classes by two thresholds on the first channel. */
function start(
  corrected: readonly Float32Array[],
  box: MaskBox,
  probability: readonly Float32Array[],
  gaussians: Gaussians,
  contrast: TissueContrast | undefined,
  pure: Uint8Array | undefined,
): Sums {
  const { voxels } = box;
  const learnt = pure ? voxels.filter((v) => pure[v] === 1) : voxels;
  const first = corrected[0]!;
  const [low, high] = thresholds(
    mapInto(new Float32Array(learnt.length), learnt, (v) => first[v]!),
    contrast,
  );
  const sums = new Sums(corrected.length);
  const y = new Float64Array(corrected.length);
  for (const v of voxels) {
    for (let c = 0; c < y.length; c++) y[c] = corrected[c]![v]!;
    const k = y[0]! < low ? 0 : y[0]! < high ? 1 : 2;
    probability[k]![v] = 1;
    if (pure === undefined || pure[v] === 1) sums.add(k, 1, y);
  }
  gaussians.fit(sums);
  return sums;
}

/** Classes as the priors have them. */
function startFrom(
  priors: BoxPriors,
  corrected: readonly Float32Array[],
  { voxels }: MaskBox,
  probability: readonly Float32Array[],
  gaussians: Gaussians,
  pure: Uint8Array | undefined,
): Sums {
  const sums = new Sums(corrected.length);
  const y = new Float64Array(corrected.length);
  for (const v of voxels) {
    for (let c = 0; c < y.length; c++) y[c] = corrected[c]![v]!;
    for (const [k, prior] of priors.probability.entries()) {
      probability[k]![v] = prior[v]!;
      if (pure === undefined || pure[v] === 1) sums.add(k, prior[v]!, y);
    }
  }
  gaussians.fit(sums);
  return sums;
}

/** Log odds that a certain neighbour along each axis adds: as the inverse of its distance, 1 mm being `smoothness`. */
export function neighbourWeights(spacing: Triple, smoothness: number): Triple {
  return mapTriple(spacing, (s) => smoothness / s);
}

/** Intensities over the field. */
function correct(raw: Float32Array, corrected: Float32Array, box: MaskBox, field: LogBias): void {
  const [bx, by] = box.shape;
  const line = new Float32Array(bx);
  let row = -1;
  for (const v of box.voxels) {
    const r = Math.floor(v / bx);
    if (r !== row) {
      row = r;
      field.row(r % by, Math.floor(r / by), line);
    }
    corrected[v] = raw[v]! / line[v - r * bx]!;
  }
}
