import { distanceTo, fillHoles, keepLargestComponent, quantiles, type Triple } from "../../volume/index.ts";
import type { Blocks } from "./blocks.ts";

/** Signal of bone and air over that of brain tissue, at most. Between the cortical bone's (some 5 %) and CSF's on T1 (30 to 45 %). */
const DARK = 0.3;
/** Necks narrower than twice this, in mm, part the brain from what hangs on it; tried from thin to thick. */
const NECKS = [8, 10, 12, 14, 17, 20] as const;
/** A neck is cut when all thicker cuts together take no more than this share of what it leaves. */
const STABLE = 1.1;

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
 * @returns undefined when nothing stands out
 */
export function insideSkull({ values, shape, spacing }: Blocks): InsideSkull | undefined {
  const [low, high] = quantiles(values, [0.02, 0.98]) as [number, number];
  if (!(high > low)) return undefined;
  // First the threshold of Smith's BET (2002), then one from the brain itself: fat may be thrice as bright.
  const first = above(values, low + 0.1 * (high - low), shape);
  const { level } = core(values, first, low, shape, spacing);
  const threshold = low + DARK * (level - low);
  const bright = above(values, threshold, shape);
  const depth = distanceTo(bright, 0, shape, spacing);
  const widest = depth.reduce((most, d) => Math.max(most, d), 0);
  const cuts = NECKS.filter((neck) => neck < 0.5 * widest);
  if (cuts.length === 0) return undefined;
  const parts = cuts.map((neck) => opened(bright, depth, neck, shape, spacing));
  const volumes = parts.map((part) => part.reduce((sum, v) => sum + v, 0));
  const chosen = volumes.findIndex((v) => v <= STABLE * volumes.at(-1)!);
  return { mask: parts[chosen]!, threshold, level };
}

function above(values: Float32Array, threshold: number, shape: Triple): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) mask[i] = values[i]! > threshold ? 1 : 0;
  fillHoles(mask, shape);
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
  return deep;
}
