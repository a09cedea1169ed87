import type { Random } from "../../../base/random/index.ts";
import { addRicianNoise, boxSigma, reslice } from "../../artefacts/index.ts";
import { smoothInPlace, type Triple } from "../../volume/index.ts";
import { smoothField } from "../smooth-field.ts";

/** What a scanner does to an image of 0 to 1, in place: thick slices, shading, noise. */
export function addArtefacts(image: Float32Array, random: Random, shape: Triple, spacing: Triple): void {
  blur(image, random, shape, spacing);
  shade(image, random, shape, spacing);
  const noise = random.next() < 0.15 ? random.uniform(0.05, 0.12) : random.uniform(0, 0.05);
  addRicianNoise(image, noise, random);
  if (random.next() < 0.3) smoothInPlace(image, shape, cube(random.uniform(0.3, 0.6))); // filtered after it, or resampled
  if (random.next() < 0.5) power(image, Math.exp(0.15 * random.normal()));
}

/** The voxels' own size, in which tissues mix; a third of all images have thick slices of up to 5 mm. */
function blur(image: Float32Array, random: Random, shape: Triple, spacing: Triple): void {
  const sigma = cube(random.uniform(0.25, 0.6));
  if (random.next() < 0.33) {
    const axis = random.next() < 0.6 ? 2 : random.integer(2);
    const thickness = random.uniform(2, 5);
    const voxels = thickness / spacing[axis]!;
    sigma[axis] = Math.max(sigma[axis]!, boxSigma(voxels));
    smoothInPlace(image, shape, sigma);
    if (voxels > 1.2) reslice(image, shape, axis, voxels, random.next());
    return;
  }
  smoothInPlace(image, shape, sigma);
}

/** A bias field, up to that of a surface coil: bright at one side, dark at the other. */
function shade(image: Float32Array, random: Random, shape: Triple, spacing: Triple): void {
  const field = smoothField(random, shape, spacing, random.uniform(60, 110));
  const amount = random.uniform(0, 0.35);
  const coil = random.next() < 0.35 ? random.uniform(0, 0.012) : 0; // share lost in a mm
  const direction = [random.normal(), random.normal(), random.normal()];
  const length = Math.hypot(...direction);
  const [dx, dy, dz] = direction.map((d, n) => (coil * spacing[n]! * d) / length) as [number, number, number];
  const [nx, ny, nz] = shape;
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++, v++)
        image[v]! *= Math.exp(amount * field[v]! + dx * (i - nx / 2) + dy * (j - ny / 2) + dz * (k - nz / 2));
}

function power(image: Float32Array, exponent: number): void {
  for (let v = 0; v < image.length; v++) image[v] = image[v]! > 0 ? image[v]! ** exponent : 0;
}

function cube(side: number): [number, number, number] {
  return [side, side, side];
}
