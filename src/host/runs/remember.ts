import type { Volume } from "../../imaging/volume/index.ts";
import { type Case, Dataset, type VolumeRef } from "../../road/data/index.ts";

/** Bytes of volumes that are kept: some 150 heads of the demo. */
const ROOM = 2 ** 30;

/**
 * A dataset whose volumes stay in memory once loaded, up to {@link ROOM}. For phantoms: simulating a head takes seconds,
 * holding it some megabytes, and the baseline, the training and the test each ask for it.
 */
export function remembered(dataset: Dataset): Dataset {
  let room = ROOM;
  const once = (ref: VolumeRef): VolumeRef => {
    let kept: Volume | undefined;
    return {
      async load(signal) {
        const volume = kept ?? (await ref.load(signal));
        if (!kept && volume.data.byteLength <= room) {
          kept = volume;
          room -= volume.data.byteLength;
        }
        return volume;
      },
    };
  };
  const all = (refs: Case["inputs"]) =>
    Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, once(ref)]));
  const keep = (source: Case): Case => ({
    ...source,
    inputs: all(source.inputs),
    targets: source.targets && all(source.targets),
    mask: source.mask && once(source.mask),
  });
  return new Dataset(
    {
      train: dataset.train.map(keep),
      validation: dataset.validation.map(keep),
      test: dataset.test.map(keep),
    },
    dataset,
  );
}
