import { assert } from "../../base/errors/index.ts";
import { mapTriple, shiftAffine, type Triple } from "./affine.ts";
import { paddingOf, storedFill } from "./padding.ts";
import type { Volume, VolumeData } from "./volume.ts";

/**
 * The box that begins at voxel `start` and is `shape` voxels large. Parts outside the volume are padded with `fill`
 * (in the volume's unit; default as in `resample`: air for HU, the lowest value for MR, else 0). World positions stay.
 */
export function extract(
  volume: Volume,
  start: Triple,
  shape: Triple,
  options: { readonly fill?: number } = {},
): Volume {
  assert(
    start.every(Number.isInteger) && shape.every((n) => Number.isInteger(n) && n > 0),
    `start and shape must be integers, shape positive; got [${start.join(", ")}] and [${shape.join(", ")}]`,
    { where: { call: "extract" } },
  );
  if (start.every((s) => s === 0) && shape.every((n, d) => n === volume.shape[d])) return volume;
  const fill = options.fill ?? paddingOf(volume);
  const [nx, ny, nz] = volume.shape;
  const data = new (volume.data.constructor as new (n: number) => VolumeData)(shape[0] * shape[1] * shape[2]);
  data.fill(storedFill(volume, fill));
  const x0 = Math.max(0, start[0]);
  const x1 = Math.min(nx, start[0] + shape[0]);
  for (let k = Math.max(0, start[2]); k < Math.min(nz, start[2] + shape[2]); k++)
    for (let j = Math.max(0, start[1]); j < Math.min(ny, start[1] + shape[1]); j++) {
      if (x1 <= x0) break;
      const row = nx * (j + ny * k);
      data.set(
        volume.data.subarray(row + x0, row + x1),
        x0 - start[0] + shape[0] * (j - start[1] + shape[1] * (k - start[2])),
      );
    }
  return volume.with({ shape, data, scaling: volume.scaling, affine: shiftAffine(volume.affine, start) });
}

/** Crops or pads each axis about the centre to `shape`; an odd remainder goes to the end. */
export function cropOrPad(volume: Volume, shape: Triple, options: { readonly fill?: number } = {}): Volume {
  const start = mapTriple(shape, (n, d) => -Math.trunc((n - volume.shape[d]!) / 2) || 0);
  return extract(volume, start, shape, options);
}
