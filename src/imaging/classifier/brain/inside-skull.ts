import { distanceTo, fillHoles, keepLargestComponent, quantiles, type Triple } from "../../volume/index.ts";
import type { Blocks } from "./blocks.ts";

/** Necks narrower than twice this, in mm, part the brain from what hangs on it; tried from thin to thick. */
const NECKS = [8, 10, 12, 14, 17, 20] as const;
/**
 * For each mm that the neck gets thicker, a brain loses less than this share (its gyri's ends); a leak through the skull base or an
 * orbit loses more. Read off four of the heads and one real T1.
 */
const STABLE = 0.015;
/** Dark hollows this far under the skin, in mm, are ventricles and the like, not bone. */
const DEEP = 10;

/** What lies inside the skull, on a coarse grid. */
export interface InsideSkull {
  readonly mask: Uint8Array;
  /** Below it is bone or air. */
  readonly threshold: number;
  /** Median of the brain's core. */
  readonly level: number;
}

/**
 * The inside of the skull. The skull is dark on every contrast, so the widest ball that fits into what is not dark lies in the
 * brain; from there on, all that can be reached through necks wide enough. How wide is read off the image: the volume drops
 * when the cut passes from leaking (into orbits, neck, scalp) to not leaking, and hardly changes before and after.
 *
 * @param dark signal of bone over that of brain, at most
 * @returns undefined when nothing stands out
 */
export function insideSkull(blocks: Blocks, dark: number): InsideSkull | undefined {
  const { values, shape, spacing } = blocks;
  const [low, high] = quantiles(values, [0.02, 0.98]) as [number, number];
  if (!(high > low)) return undefined;
  // First the threshold of Smith's BET (2002), then one from the brain itself: fat may be thrice as bright.
  const first = above(blocks, low + 0.1 * (high - low));
  const { level } = core(values, first, low, shape, spacing);
  const threshold = low + dark * (level - low);
  const bright = above(blocks, threshold);
  const depth = distanceTo(bright, 0, shape, spacing);
  const widest = depth.reduce((most, d) => Math.max(most, d), 0);
  const cuts = NECKS.filter((neck) => neck < 0.5 * widest);
  if (cuts.length === 0) return undefined;
  const parts = cuts.map((neck) => opened(bright, depth, neck, shape, spacing));
  const volumes = parts.map((part) => part.reduce((sum, v) => sum + v, 0));
  let chosen = cuts.length - 1;
  const loses = (n: number) => (volumes[n - 1]! / volumes[n]! - 1) / (cuts[n]! - cuts[n - 1]!);
  while (chosen > 0 && loses(chosen) <= STABLE) chosen--;
  return { mask: parts[chosen]!, threshold, level };
}

/** What is brighter, with hollows deep inside filled. Those near the surface are pieces of bone, and stay. */
function above({ values, shape, spacing }: Blocks, threshold: number): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) mask[i] = values[i]! > threshold ? 1 : 0;
  const filled = mask.slice();
  fillHoles(filled, shape);
  const depth = distanceTo(filled, 0, shape, spacing);
  for (let i = 0; i < mask.length; i++) if (filled[i] && depth[i]! > DEEP) mask[i] = 1;
  return mask;
}

/** Median of what lies deeper than half the depth of the deepest point. */
function core(values: Float32Array, mask: Uint8Array, low: number, shape: Triple, spacing: Triple) {
  const depth = distanceTo(mask, 0, shape, spacing);
  const widest = depth.reduce((most, d) => Math.max(most, d), 0);
  const deep = values.filter((v, i) => depth[i]! > 0.5 * widest && v > low);
  return { level: deep.length > 0 ? quantiles(deep, [0.5])[0]! : low };
}

/** The largest part that a ball of radius `neck` can reach, and a voxel's breadth around. */
function opened(
  bright: Uint8Array,
  depth: Float32Array,
  neck: number,
  shape: Triple,
  spacing: Triple,
): Uint8Array {
  const deep = new Uint8Array(depth.length);
  for (let i = 0; i < deep.length; i++) deep[i] = depth[i]! > neck ? 1 : 0;
  keepLargestComponent(deep, shape, 6);
  const away = distanceTo(deep, 1, shape, spacing);
  const reach = neck + 1;
  for (let i = 0; i < deep.length; i++) deep[i] = bright[i] && away[i]! <= reach ? 1 : 0;
  fillHoles(deep, shape);
  return deep;
}
