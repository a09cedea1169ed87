import { type Case, Dataset, type VolumeRef } from "../training/index.ts";
import type { Volume } from "../volume/index.ts";

/**
 * A dataset whose volumes stay in memory once loaded. For phantoms: simulating a head takes seconds, holding it some
 * ten megabytes, and the baseline, the training and the test each ask for it.
 */
export function remembered(dataset: Dataset): Dataset {
  const cases = (part: readonly Case[]) => part.map(rememberedCase);
  return new Dataset(
    { train: cases(dataset.train), validation: cases(dataset.validation), test: cases(dataset.test) },
    { name: dataset.name, simulated: dataset.simulated },
  );
}

function rememberedCase(source: Case): Case {
  const inputs = Object.entries(source.inputs).map(([name, ref]) => [name, once(ref)] as const);
  return {
    ...source,
    inputs: Object.fromEntries(inputs),
    target: source.target && once(source.target),
    mask: source.mask && once(source.mask),
  };
}

function once(ref: VolumeRef): VolumeRef {
  let volume: Volume | undefined;
  return {
    async load(signal) {
      volume ??= await ref.load(signal);
      return volume;
    },
  };
}
