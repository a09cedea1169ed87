import { boundingBox, mapTriple, type Triple, type VoxelBox } from "../../volume/index.ts";

/** The voxels of a mask on the smallest box that holds it, with one voxel of empty margin all around, so `low` may be -1. */
export interface MaskBox extends VoxelBox {
  /** Voxels of the mask: their places in the box, ascending. */
  readonly voxels: Int32Array;
}

/** @param mask 0 or 1; at least one is 1 */
export function maskBox(mask: Uint8Array, shape: Triple): MaskBox {
  const [nx, ny] = shape;
  const tight = boundingBox(mask, shape)!;
  const size = mapTriple(tight.shape, (n) => n + 2);
  const from = mapTriple(tight.low, (at) => at - 1);
  let count = 0;
  for (let n = 0; n < mask.length; n++) if (mask[n]) count++;
  const voxels = new Int32Array(count);
  let at = 0;
  for (let k = 1; k < size[2] - 1; k++)
    for (let j = 1; j < size[1] - 1; j++) {
      const row = from[0] + nx * (j + from[1] + ny * (k + from[2]));
      const to = size[0] * (j + size[1] * k);
      for (let i = 1; i < size[0] - 1; i++) if (mask[row + i]) voxels[at++] = to + i;
    }
  return { shape: size, low: from, voxels };
}

/** Values of a volume on the box; 0 beyond the volume. */
export function intoBox(values: Float32Array, shape: Triple, box: MaskBox): Float32Array {
  const [bx, by, bz] = box.shape;
  const out = new Float32Array(bx * by * bz);
  for (let k = 1; k < bz - 1; k++)
    for (let j = 1; j < by - 1; j++) {
      const from = box.low[0] + 1 + shape[0] * (j + box.low[1] + shape[1] * (k + box.low[2]));
      out.set(values.subarray(from, from + bx - 2), 1 + bx * (j + by * k));
    }
  return out;
}

/** Writes the mask's voxels of an array on the box into one on the volume. */
export function outOfBox<T extends Uint8Array | Float32Array>(
  values: T,
  out: T,
  shape: Triple,
  box: MaskBox,
): void {
  const [bx, by] = box.shape;
  for (const v of box.voxels) {
    const i = v % bx;
    const r = (v - i) / bx;
    const j = r % by;
    const k = (r - j) / by;
    out[i + box.low[0] + shape[0] * (j + box.low[1] + shape[1] * (k + box.low[2]))] = values[v]!;
  }
}
