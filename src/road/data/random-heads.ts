import {
  type HeadMap,
  headMap,
  type RandomHead,
  type RandomHeadOptions,
  randomHead,
} from "../../imaging/phantom/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { Case, VolumeRef } from "./case.ts";
import { Dataset } from "./dataset.ts";
import { lastOnly } from "./last-only.ts";
import { byNames, type SplitNames } from "./split.ts";

/** Options of {@link randomHeadsDataset}. */
export interface RandomHeadsOptions extends Pick<RandomHeadOptions, "shape" | "spacing" | "rare"> {
  /** Names of the maps for validation, the same draw of each in every epoch, and for the test, one draw of each. Default: all are trained on. */
  readonly split?: SplitNames;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Random heads from label maps, made as they are needed: the input `mr` of a random sequence, the targets `ct` and `tissue` (an index of
 * `HEAD_CLASSES` in each voxel). Each pass of training sees other heads, other sequences, other scanners. No map is in two parts. Everything is marked
 * simulated.
 *
 * @param maps label maps of whole heads by name, see `headMap`. They stay in memory once read, about 10 MB each
 * @throws MidashError `invalid-argument` for a split that names what is no map
 */
export function randomHeadsDataset(
  maps: Readonly<Record<string, VolumeRef>>,
  options: RandomHeadsOptions = {},
): Dataset {
  const { split = {}, seed = 0, shape, spacing, rare } = options;
  const names = Object.keys(maps);
  const read = new Map<string, Promise<HeadMap>>();
  const mapOf = (name: string, signal?: AbortSignal): Promise<HeadMap> => {
    const known = read.get(name) ?? maps[name]!.load(signal).then((labels) => headMap(labels, name));
    read.set(name, known);
    known.catch(() => read.delete(name)); // a cancelled reading must not be remembered
    return known;
  };
  const make = lastOnly(async (drawn: string, signal) => {
    const map = await mapOf(drawn.slice(0, drawn.indexOf("/")), signal);
    return randomHead(map, { seed: `${seed}/${drawn}`, shape, spacing, rare, signal });
  });
  const draw = (name: string, key: string): Case => {
    const ref = (pick: (head: RandomHead) => Volume): VolumeRef => ({
      load: async (signal) => pick(await make(`${name}/${key}`, signal)),
    });
    return {
      id: name,
      inputs: { mr: ref(({ mr }) => mr) },
      targets: { ct: ref(({ ct }) => ct), tissue: ref(({ classes }) => classes) },
      mask: ref(({ covered }) => covered),
    };
  };
  const { parts, leftOut } = byNames(
    names.map((name) => draw(name, "fixed")),
    split,
    { where: "randomHeadsDataset", without: [] },
  );
  const varied = parts.train.map((one): Case => ({ ...one, variant: (key) => draw(one.id, key) }));
  return new Dataset(
    { ...parts, train: varied },
    { name: `random heads (simulated), seed ${seed}`, origin: "simulated heads", leftOut },
  );
}
