import { HEAD_CLASSES, type HeadClass } from "../../imaging/phantom/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";

/** How probable each class is in each voxel, 0 to 1, on one grid. */
export type Probability = Readonly<Record<HeadClass, Volume>>;

/** Probabilities in the order of `HEAD_CLASSES`, by name. */
export function probabilityOf(volumes: readonly Volume[]): Probability {
  return Object.fromEntries(HEAD_CLASSES.map((name, n) => [name, volumes[n]!])) as Record<HeadClass, Volume>;
}

/** Usual HU of each class: the medians of simulated heads at 1 mm. */
export const CLASS_HU: Readonly<Record<HeadClass, number>> = {
  background: -1000,
  fat: -95,
  soft: 48,
  cortical: 1250,
  spongy: 505,
  cavity: -1000,
  csf: 10,
  grey: 39,
  white: 28,
  eye: 8,
};

/** Classes that are decided on together: a voxel that may be grey or white matter is brain. */
export const Kind = { outside: 0, brain: 1, fluid: 2, bone: 3, eyes: 4, soft: 5, cavity: 6 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** The classes of each {@link Kind}. */
const MEMBERS: readonly (readonly HeadClass[])[] = [
  ["background"],
  ["grey", "white"],
  ["csf"],
  ["cortical", "spongy"],
  ["eye"],
  ["fat", "soft"],
  ["cavity"],
];

/** What each voxel most probably is, a {@link Kind}, and how probable that is, 0 to 1. */
export function likeliest(probability: Probability) {
  const size = probability.background.size;
  const kinds = new Uint8Array(size);
  const sureness = new Float32Array(size);
  for (const [kind, names] of MEMBERS.entries()) {
    const parts = names.map((name) => probability[name].values());
    for (let n = 0; n < size; n++) {
      let sum = 0;
      for (const part of parts) sum += part[n]!;
      if (sum <= sureness[n]!) continue;
      sureness[n] = sum;
      kinds[n] = kind;
    }
  }
  return { kinds, sureness };
}

/** Within the skull: 1 CSF, 2 grey, 3 white matter, whichever is most probable. */
export function tissueOf(probability: Probability, inside: Uint8Array): Uint8Array {
  const [csf, grey, white] = [probability.csf, probability.grey, probability.white].map((p) => p.values());
  return inside.map((one, n) => {
    if (!one) return 0;
    const [f, g, w] = [csf![n]!, grey![n]!, white![n]!];
    return f > g && f > w ? 1 : g >= w ? 2 : 3;
  });
}

/** Variances add up: between the answers, and among the classes that one answer leaves open. */
export function uncertaintyOf(spread: Volume, probability: Probability): Volume {
  const out = spread.values().slice();
  const mean = new Float32Array(out.length);
  const square = new Float32Array(out.length);
  for (const name of HEAD_CLASSES) {
    const p = probability[name].values();
    for (let n = 0; n < p.length; n++) {
      mean[n]! += p[n]! * CLASS_HU[name];
      square[n]! += p[n]! * CLASS_HU[name] ** 2;
    }
  }
  for (let n = 0; n < out.length; n++)
    out[n] = Math.sqrt(out[n]! ** 2 + Math.max(0, square[n]! - mean[n]! ** 2));
  return spread.with({ data: out });
}
