import { HEAD_CLASSES, type HeadClass } from "../../imaging/phantom/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { CLASS_HU, type Probability } from "./class-maps.ts";

const AIR: readonly HeadClass[] = ["background", "cavity"];
const BONE: readonly HeadClass[] = ["cortical", "spongy"];
/** Classes of many HU, whose CT the network knows better than a table does. */
const MIXED: readonly HeadClass[] = ["fat", "soft"];
const SOFT = HEAD_CLASSES.filter((name) => ![...AIR, ...BONE, ...MIXED].includes(name));
/** HU that fat, skin, muscle and their mixtures have. */
const MIXED_HU = { low: -120, high: 100 };

/**
 * The CT that goes with the classes: in each voxel, air, soft tissue or bone, whichever the median of what it may be falls on, and in it the mean of its classes' HU;
 * fat and muscle keep the network's own. A network that learns HU by L1 should give this median, but bends from one HU to the next over two or three voxels where
 * its classes change within one, and a shell of bone that is two voxels thick then is too wide and too soft.
 *
 * @param ct the network's, HU
 */
export function ctOfClasses(ct: Volume, probability: Probability): Volume {
  const values = (names: readonly HeadClass[]) => names.map((name) => probability[name].values());
  const [air, bone, mixed, soft] = [values(AIR), values(BONE), values(MIXED), values(SOFT)];
  const out = ct.values().slice();
  for (let n = 0; n < out.length; n++) {
    if (sum(air, n) >= 0.5) out[n] = CLASS_HU.background;
    else if (sum(bone, n) > 0.5) out[n] = weighted(bone, BONE, n) / sum(bone, n);
    else {
      const [share, hu] = [sum(mixed, n), Math.min(MIXED_HU.high, Math.max(MIXED_HU.low, out[n]!))];
      const all = share + sum(soft, n);
      if (all > 0) out[n] = (share * hu + weighted(soft, SOFT, n)) / all;
    }
  }
  return ct.with({ data: out });
}

function sum(parts: readonly Float32Array[], n: number): number {
  let total = 0;
  for (const part of parts) total += part[n]!;
  return total;
}

function weighted(parts: readonly Float32Array[], names: readonly HeadClass[], n: number): number {
  let total = 0;
  for (let i = 0; i < parts.length; i++) total += parts[i]![n]! * CLASS_HU[names[i]!];
  return total;
}
