/** The schedule of the diffusion model, and its noise. */
import type { Random } from "../../base/random/index.ts";

/** What the network may give, in units of the target: that of the trainer's default normaliser, -1024 to 3072 HU at 512 HU a unit. */
export const RANGE = [-2, 6] as const;
/** α and σ at time t. */
export function schedule(t: number): readonly [alpha: number, sigma: number] {
  return [Math.cos((Math.PI / 2) * t), Math.sin((Math.PI / 2) * t)];
}

/** Fills with standard normal draws. */
export function fillNormal(data: Float32Array, random: Random): Float32Array {
  for (let i = 0; i < data.length; i++) data[i] = random.normal();
  return data;
}

/** The noise that `count` samples of `size` values begin with, each from a generator of its own. */
export function noiseOf(count: number, size: number, random: (sample: number) => Random): Float32Array {
  const noise = new Float32Array(count * size);
  for (let n = 0; n < count; n++) fillNormal(noise.subarray(n * size, (n + 1) * size), random(n));
  return noise;
}
