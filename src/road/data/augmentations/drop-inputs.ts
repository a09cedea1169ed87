import { assert } from "../../../base/errors/index.ts";
import type { Augmentation } from "./augmentation.ts";

/** Options of `augmentations.dropInputs`. */
export interface DropInputsOptions {
  /** How often each optional input is dropped, 0 to 1. Default 0.25. */
  readonly share?: number;
  /** At least so many inputs stay. Default 1. */
  readonly keep?: number;
}

/** Takes optional inputs away at random, as if the case lacked them, so that a model learns to do without. */
export function dropInputs({ share = 0.25, keep = 1 }: DropInputsOptions = {}): Augmentation {
  const where = { call: "augmentations.dropInputs" };
  assert(share >= 0 && share <= 1, `share must be from 0 to 1, got ${share}`, { where });
  assert(Number.isInteger(keep) && keep >= 0, `keep must be a whole number, 0 or more, got ${keep}`, {
    where,
  });
  return {
    name: "dropInputs",
    about: "leaves optional inputs out, so that a model learns to do without",
    toJSON: () => ({ name: "dropInputs", share, keep }),
    apply(sample, random) {
      const { inputs, input } = sample;
      const optional = inputs.flatMap((one, n) => (one.optional ? [n] : []));
      assert(optional.length > 0, "no input is optional, so none can be dropped", {
        where,
        hint: `mark some of ${inputs.map(({ name }) => name).join(", ")} as optional, or leave it out`,
      });
      const present = input.present?.slice() ?? new Uint8Array(inputs.length).fill(1);
      let left = present.reduce((sum, there) => sum + there, 0);
      // In random order, or `keep` would favour the last ones. Each draws, whether or not it may go.
      for (const n of random.shuffle(optional)) {
        if (random.next() >= share || !present[n] || left <= keep) continue;
        present[n] = 0;
        left--;
      }
      const data = input.data.slice();
      const channels = input.shape.at(-1)!;
      const each = channels / inputs.length;
      for (const n of optional.filter((n) => !present[n]))
        for (let p = n * each; p < data.length; p += channels) data.fill(0, p, p + each);
      return { ...sample, input: { ...input, data, present } };
    },
  };
}
