import { breathe } from "../../base/errors/index.ts";
import { removeSmallComponents, type Triple } from "../volume/index.ts";

/**
 * Sets every connected part (26-neighbours of one label) of fewer than `least` voxels to 0, in place.
 *
 * @param labels x fastest; 0 belongs to no part
 * @returns how many voxels of each label were set to 0
 */
export async function removeSmallParts(
  labels: Uint8Array,
  shape: Triple,
  least: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const removed = new Float64Array(256);
  const mask = new Uint8Array(labels.length);
  for (const label of new Set(labels)) {
    if (label === 0) continue;
    for (let i = 0; i < mask.length; i++) mask[i] = labels[i] === label ? 1 : 0;
    await breathe(signal);
    removed[label] = removeSmallComponents(mask, shape, least);
    for (let i = 0; i < mask.length; i++) if (labels[i] === label && !mask[i]) labels[i] = 0;
    await breathe(signal);
  }
  return removed;
}
