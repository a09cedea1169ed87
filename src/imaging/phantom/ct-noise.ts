import type { Random } from "../../base/random/index.ts";
import type { Triple } from "../volume/index.ts";

/** Weight of the middle tap of the CT noise's in-plane kernel [w, m, w]; the other taps share the rest. */
const MIDDLE = 0.8;

/**
 * Adds normal noise of SD `sd` HU to one axial slice in place, a little correlated in the plane as reconstruction
 * kernels leave it. The kernel is normalised, so the SD is `sd` after it.
 */
export function addCtNoise(hu: Float32Array, [nx, ny]: Triple, k: number, sd: number, random: Random): void {
  if (sd === 0) return;
  const side = (1 - MIDDLE) / 2;
  const gain = sd / (MIDDLE * MIDDLE + 2 * side * side);
  const width = nx + 2;
  const noise = new Float32Array(width * (ny + 2));
  for (let i = 0; i < noise.length; i++) noise[i] = gain * random.normal();
  for (let i = 1; i < noise.length - 1; i++)
    noise[i - 1] = side * noise[i - 1]! + MIDDLE * noise[i]! + side * noise[i + 1]!;
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++) {
      const p = i + width * j;
      const value = side * noise[p]! + MIDDLE * noise[p + width]! + side * noise[p + 2 * width]!;
      hu[i + nx * (j + ny * k)]! += value;
    }
}
