import type { Random } from "../../../../base/random/index.ts";
import type { Triple } from "../../../volume/index.ts";

/**
 * Ghosts of a head that moved, in place: copies shifted along the phase encoding, out of phase with the image. Far ones come of motion that repeats (breath, pulse),
 * near ones of a head that changed its place once (Zaitsev, Maclaren and Herbst, "Motion artifacts in MRI", JMRI 42, 2015).
 */
export function addGhosts(image: Float32Array, random: Random, shape: Triple, spacing: Triple): void {
  const axis = random.integer(3) as 0 | 1 | 2;
  const n = shape[axis];
  const near = random.next() < 0.5;
  const voxels = Math.round(near ? random.uniform(1.5, 5) / spacing[axis] : n / (2 + random.integer(5)));
  const weight = near ? random.uniform(0.15, 0.35) : random.uniform(0.03, 0.1);
  const phase = random.uniform(0, 2 * Math.PI);
  const [real, imaginary] = [weight * Math.cos(phase), weight * Math.sin(phase)];
  const stride = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
  const line = new Float32Array(n);
  for (let start = 0; start < image.length; start++) {
    if (Math.floor(start / stride) % n !== 0) continue;
    for (let i = 0; i < n; i++) line[i] = image[start + i * stride]!;
    for (let i = 0; i < n; i++) {
      const ghost = line[(i + voxels) % n]! + (near ? 0 : line[(i - voxels + n) % n]!);
      image[start + i * stride] = Math.hypot((1 - weight) * line[i]! + real * ghost, imaginary * ghost);
    }
  }
}
