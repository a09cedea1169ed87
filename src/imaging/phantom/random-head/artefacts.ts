import type { Random } from "../../../base/random/index.ts";
import { smoothInPlace, type Triple } from "../../volume/index.ts";
import { addRicianNoise } from "../image-noise.ts";
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
    sigma[axis] = Math.max(sigma[axis]!, 0.29 * voxels); // the SD of a box
    smoothInPlace(image, shape, sigma);
    if (voxels > 1.2) resliced(image, shape, axis, voxels, random.next());
    return;
  }
  smoothInPlace(image, shape, sigma);
}

/** As if every `step`-th slice had been taken, and those between were interpolated. */
function resliced(image: Float32Array, shape: Triple, axis: number, step: number, start: number): void {
  const n = shape[axis]!;
  const inner = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
  const outer = image.length / (inner * n);
  const line = new Float32Array(n);
  for (let o = 0; o < outer; o++)
    for (let p = 0; p < inner; p++) {
      const at = o * n * inner + p;
      for (let i = 0; i < n; i++) line[i] = image[at + i * inner]!;
      const read = (place: number) => {
        const x = Math.min(n - 1, Math.max(0, place));
        const low = Math.min(n - 2, Math.floor(x));
        return line[low]! + (x - low) * (line[low + 1]! - line[low]!);
      };
      for (let i = 0; i < n; i++) {
        const slice = Math.floor(i / step - start);
        const t = i / step - start - slice;
        image[at + i * inner] = (1 - t) * read((slice + start) * step) + t * read((slice + 1 + start) * step);
      }
    }
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
