import { sha256Of } from "../../base/platform/index.ts";
import {
  finiteValues,
  orientationOf,
  orientedGrid,
  spacingOf,
  type Triple,
  type Volume,
} from "../../imaging/volume/index.ts";
import type { ImageFacts } from "./case-look.ts";

/** Points of a signature's lattice along each axis. */
const LATTICE = 10;

/** What an image is like. @param picture the image on a coarse canonical grid */
export function factsOf(volume: Volume, picture: Volume): ImageFacts {
  const values = volume.values();
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let nonFinite = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (v - v !== 0) nonFinite++;
    else {
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  const { shape, affine } = orientedGrid(volume);
  const shown = picture.values();
  return {
    shape,
    spacing: spacingOf(affine).map(rounded) as unknown as Triple,
    orientation: orientationOf(volume.affine),
    range: [rounded(low), rounded(high)],
    nonFinite,
    digest: sha256Of([
      new TextEncoder().encode(shape.join()),
      new Uint8Array(shown.buffer, shown.byteOffset, shown.byteLength),
    ]),
    signature: signatureOf(withoutNan(picture)),
  };
}

/** To what a report shows, so that it does not hang on a machine's last bit. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** Means of {@link LATTICE}³ blocks, from the darkest to the brightest of them. */
function signatureOf(picture: Volume): readonly number[] {
  const { shape } = picture;
  const values = picture.values();
  const [sums, counts] = [new Float64Array(LATTICE ** 3), new Float64Array(LATTICE ** 3)];
  const blocks = (n: number) => Uint8Array.from({ length: n }, (_, i) => Math.floor((i * LATTICE) / n));
  const [x, y, z] = [blocks(shape[0]), blocks(shape[1]), blocks(shape[2])];
  for (let k = 0, at = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++) {
      const row = LATTICE * (y[j]! + LATTICE * z[k]!);
      for (let i = 0; i < shape[0]; i++, at++) {
        sums[row + x[i]!]! += values[at]!;
        counts[row + x[i]!]!++;
      }
    }
  const means = sums.map((sum, n) => sum / Math.max(1, counts[n]!));
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return [...means].map((mean) => Math.round((255 * (mean - low)) / Math.max(high - low, 1e-9)));
}

/** NaN as 0: for pictures, and for what can't do with it. */
export function withoutNan(volume: Volume): Volume {
  if (finiteValues(volume).nonFinite === 0) return volume;
  const data = volume.values().slice();
  for (let i = 0; i < data.length; i++) if (data[i]! - data[i]! !== 0) data[i] = 0;
  return volume.with({ data });
}
