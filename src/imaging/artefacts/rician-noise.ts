import type { Random } from "../../base/random/index.ts";

/**
 * Turns signals into magnitudes with Rician noise, in place: √((s + n₁)² + n₂²), n₁ and n₂ normal with SD `sigma`
 * (Gudbjartsson and Patz, "The Rician distribution of noisy MRI data", MRM 34, 1995).
 */
export function addRicianNoise(signal: Float32Array, sigma: number, random: Random): void {
  for (let i = 0; i < signal.length; i++) {
    const real = signal[i]! + sigma * random.normal();
    const imaginary = sigma * random.normal();
    signal[i] = Math.sqrt(real * real + imaginary * imaginary);
  }
}
