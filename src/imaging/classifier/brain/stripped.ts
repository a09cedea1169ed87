import { distanceTo, fillHoles, keepLargestComponent, quantiles, type Triple } from "../../volume/index.ts";

/** In an image that was masked so much, at least, is exactly of one value: the lowest. */
const BLANK = 0.2;
/** A skull lies between these depths in mm below the skin. */
const SKULL = [3, 14] as const;
/** Share of that layer that is dark (under 0.2 of the median) where there is a skull; a brain's rim has less. */
const DARK_SHARE = 0.1;

/**
 * The brain of an image whose surroundings were set to one value: all that has another, in one piece, holes filled.
 *
 * @returns undefined for images of whole heads: none of one value around them, or a dark layer under their surface
 */
export function strippedMask(
  values: Float32Array,
  shape: Triple,
  spacing: Triple,
  low: number,
): Uint8Array | undefined {
  const mask = new Uint8Array(values.length);
  let blank = 0;
  for (let i = 0; i < mask.length; i++) {
    if (values[i]! > low) mask[i] = 1;
    else blank++;
  }
  if (blank < BLANK * mask.length || blank === mask.length) return undefined;
  keepLargestComponent(mask, shape, 6);
  fillHoles(mask, shape);
  const depth = distanceTo(mask, 0, shape, spacing);
  const inside = values.filter((v, i) => mask[i] === 1 && Number.isFinite(v));
  const dark = low + 0.2 * (quantiles(inside, [0.5])[0]! - low);
  let layer = 0;
  let darkOnes = 0;
  for (let i = 0; i < mask.length; i++) {
    const d = depth[i]!;
    if (d < SKULL[0] || d > SKULL[1]) continue;
    layer++;
    if (values[i]! < dark) darkOnes++;
  }
  return layer > 0 && darkOnes < DARK_SHARE * layer ? mask : undefined;
}
