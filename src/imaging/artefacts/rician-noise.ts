import { fillNormals, type Random } from "../../base/random/index.ts";

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

/** {@link addRicianNoise} of faster draws, for signals that lie above `outside`. */
export function addFastRicianNoise(signal: Float32Array, sigma: number, random: Random, outside = 0): void {
  const normals = new Float32Array(2 * signal.length);
  fillNormals(normals, random);
  for (let i = 0; i < signal.length; i++) {
    const real = signal[i]! - outside + sigma * normals[2 * i]!;
    const imaginary = sigma * normals[2 * i + 1]!;
    signal[i] = outside + Math.sqrt(real * real + imaginary * imaginary);
  }
}
