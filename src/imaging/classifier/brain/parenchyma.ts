import { mapInto } from "../../../base/bytes/index.ts";
import { distanceTo, keepLargestComponent, quantiles, type Triple } from "../../volume/index.ts";
import type { Blocks } from "./blocks.ts";

/** Between these depths in mm below the vertex, most of what is bright is brain. */
const SLAB = [35, 110] as const;
/** Where among the values in there brain is found: above the scalp's, which in an atrophic head take the lower half. */
const LEVEL = 0.75;
/** Signal over the brain's above which a voxel is taken for brain. On FLAIR muscle and marrow have about half. */
const BRIGHT = 0.6;
/** The widest sheets and bridges, half their width in mm, that are cut: scalp, vessels, nerves, not brain stem. */
const BRIDGE = 3.5;
/** Sulci and ventricles narrower than twice this, in mm, are closed. */
const CLOSING = 10;

/**
 * The inside of the skull where CSF is as dark as bone, as on FLAIR: the brain itself, by its brightness in the upper head, then closed over
 * sulci and ventricles. How far the fluid reaches beyond the gyri can't be seen.
 *
 * @param below of each block, mm below the vertex
 * @returns undefined when nothing stands out
 */
export function parenchyma(blocks: Blocks, below: Float32Array): Uint8Array | undefined {
  const { values, shape, spacing } = blocks;
  const [low, high] = quantiles(values, [0.02, 0.98]) as [number, number];
  const background = low + 0.1 * (high - low);
  const slab = values.filter((v, i) => v > background && below[i]! > SLAB[0] && below[i]! < SLAB[1]);
  if (slab.length === 0) return undefined;
  const threshold = low + BRIGHT * (quantiles(slab, [LEVEL])[0]! - low);
  const mask = mapInto(new Uint8Array(values.length), values, (v) => (v > threshold ? 1 : 0));
  const depth = distanceTo(mask, 0, shape, spacing);
  for (let i = 0; i < mask.length; i++) mask[i] = depth[i]! > BRIDGE ? 1 : 0;
  keepLargestComponent(mask, shape, 6);
  if (!mask.includes(1)) return undefined;
  grow(mask, shape, spacing, BRIDGE + CLOSING);
  shrink(mask, shape, spacing, CLOSING);
  return mask;
}

function grow(mask: Uint8Array, shape: Triple, spacing: Triple, mm: number): void {
  const away = distanceTo(mask, 1, shape, spacing);
  for (let i = 0; i < mask.length; i++) mask[i] = away[i]! <= mm ? 1 : 0;
}

function shrink(mask: Uint8Array, shape: Triple, spacing: Triple, mm: number): void {
  const depth = distanceTo(mask, 0, shape, spacing);
  for (let i = 0; i < mask.length; i++) mask[i] = depth[i]! > mm ? 1 : 0;
}
