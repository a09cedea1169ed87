import type { Random } from "../../../base/random/index.ts";
import { inversionRecovery, type Relaxation, spinEcho } from "../contrast.ts";
import { HEAD_KINDS, indexOfKind } from "./kinds.ts";

/** What a sequence makes of each of {@link HEAD_KINDS}: mean and SD of the texture, in units of its bright tissues. */
export interface RandomContrast {
  readonly name: string;
  readonly mean: Float64Array;
  readonly sd: Float64Array;
}

type Signal = (tissue: Relaxation) => number;

/** Sequences and the share of images that each makes; the rest, 0.12, has any brightness for any tissue. Times in ms, spread as scanners and field strengths differ. */
const SEQUENCES: readonly (readonly [name: string, share: number, draw: (random: Random) => Signal])[] = [
  ["t1", 0.2, (r) => echo({ tr: r.uniform(350, 700), te: r.uniform(5, 18) })],
  // The inversion-prepared gradient echo of most research T1s.
  [
    "mprage",
    0.3,
    (r) => recovery({ tr: r.uniform(1900, 2600), ti: r.uniform(750, 1050), te: r.uniform(2, 5) }),
  ],
  ["t2", 0.12, (r) => echo({ tr: r.uniform(2800, 6000), te: r.uniform(75, 130) })],
  [
    "flair",
    0.1,
    (r) => recovery({ tr: r.uniform(7500, 11000), ti: r.uniform(1650, 1800), te: r.uniform(80, 130) }),
  ],
  ["pd", 0.08, (r) => echo({ tr: r.uniform(2000, 4000), te: r.uniform(8, 25) })],
  ["ute", 0.08, (r) => echo({ tr: r.uniform(250, 900), te: r.uniform(0.05, 0.4) })],
];

const echo =
  (times: { readonly tr: number; readonly te: number }): Signal =>
  (tissue) =>
    spinEcho(tissue, times);
const recovery =
  (times: { readonly tr: number; readonly te: number; readonly ti: number }): Signal =>
  (tissue) =>
    Math.abs(inversionRecovery(tissue, times));

/** Draws a sequence, and what it makes of one subject's tissues. */
export function randomContrast(random: Random): RandomContrast {
  const sd = Float64Array.from(HEAD_KINDS, () => random.uniform(0.01, 0.06));
  let at = random.next();
  for (const [name, share, draw] of SEQUENCES) {
    at -= share;
    if (at < 0) return { name, mean: simulated(draw(random), random), sd };
  }
  return { name: "random", mean: anyBrightness(random), sd };
}

function simulated(signal: Signal, random: Random): Float64Array {
  const vary = (value: number) => value * Math.exp(0.08 * random.normal());
  const mean = Float64Array.from(HEAD_KINDS, ({ tissue: { t1, t2, pd } }) =>
    signal({ t1: vary(t1), t2: vary(t2), pd: vary(pd) }),
  );
  const [fat, marrow, blood] = [indexOfKind("fat"), indexOfKind("diploe"), indexOfKind("venousBlood")];
  if (random.next() < 0.25) {
    const left = random.uniform(0.05, 0.4); // fat suppressed
    mean[fat]! *= left;
    mean[marrow]! *= left;
  }
  mean[marrow]! *= random.uniform(0.4, 1.4); // red or yellow
  mean[blood]! *= random.uniform(0.1, 2); // flow: void or bright
  const brightest = Math.max(...mean);
  return mean.map((value) => value / brightest + 0.03 * random.normal() * (value > 0 ? 1 : 0));
}

function anyBrightness(random: Random): Float64Array {
  const mean = Float64Array.from(HEAD_KINDS, () => random.next());
  mean[indexOfKind("air")] = random.next() < 0.85 ? 0.01 : random.uniform(0, 0.1);
  mean[indexOfKind("innerAir")] = mean[0]!;
  mean[indexOfKind("corticalBone")] = random.uniform(0, 0.35);
  // Alike, or the network looks for edges that no scanner shows.
  mean[indexOfKind("ventricle")] = mean[indexOfKind("csf")]! + 0.03 * random.normal();
  mean[indexOfKind("vitreous")] = mean[indexOfKind("csf")]! + 0.08 * random.normal();
  for (const [one, other] of [
    ["cerebellarGrey", "greyMatter"],
    ["deepGrey", "greyMatter"],
    ["cerebellarWhite", "whiteMatter"],
    ["brainStem", "whiteMatter"],
  ] as const)
    mean[indexOfKind(one)] = mean[indexOfKind(other)]! + 0.05 * random.normal();
  return mean;
}
