import type { Random } from "../../base/random/index.ts";

/**
 * A smooth random function of place with zero mean and unit variance: a sum of plane waves of random direction and
 * phase. It depends on millimetres alone, so a head keeps its shape whatever grid it is drawn on.
 */
export interface Waves {
  at(x: number, y: number, z: number): number;
  /** The value; writes the gradient (per mm) to `gradient`. */
  withGradient(x: number, y: number, z: number, gradient: Float64Array): number;
}

/** Draws a {@link Waves} of `count` waves with wavelengths uniform in `wavelength` mm. */
export function randomWaves(random: Random, wavelength: readonly [number, number], count: number): Waves {
  const kx = new Float64Array(count);
  const ky = new Float64Array(count);
  const kz = new Float64Array(count);
  const phase = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [random.normal(), random.normal(), random.normal()];
    const k = (2 * Math.PI) / random.uniform(...wavelength) / Math.max(1e-6, Math.hypot(x, y, z));
    kx[i] = x * k;
    ky[i] = y * k;
    kz[i] = z * k;
    phase[i] = random.uniform(0, 2 * Math.PI);
  }
  const amplitude = Math.sqrt(2 / count);
  return {
    at(x, y, z) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += Math.cos(kx[i]! * x + ky[i]! * y + kz[i]! * z + phase[i]!);
      return amplitude * sum;
    },
    withGradient(x, y, z, gradient) {
      let sum = 0;
      let gx = 0;
      let gy = 0;
      let gz = 0;
      for (let i = 0; i < count; i++) {
        const angle = kx[i]! * x + ky[i]! * y + kz[i]! * z + phase[i]!;
        sum += Math.cos(angle);
        const s = Math.sin(angle);
        gx -= s * kx[i]!;
        gy -= s * ky[i]!;
        gz -= s * kz[i]!;
      }
      gradient[0] = amplitude * gx;
      gradient[1] = amplitude * gy;
      gradient[2] = amplitude * gz;
      return amplitude * sum;
    },
  };
}
