import { breathe } from "../../../base/errors/index.ts";
import {
  boundingBox,
  distanceTo,
  fillHoles,
  keepLargestComponent,
  mapTriple,
  type Triple,
  type VoxelBox,
} from "../../volume/index.ts";
import type { Blocks } from "./blocks.ts";

/** How far, in mm, the brain may reach beyond what its blocks say: a block's diagonal. */
const BAND = 2;

/** Sheets and threads thinner than twice this, in mm, are meninges, vessels and rims of bone, not brain. */
const THIN = 2.5;

/** The box around a mask of blocks, in voxels of the fine grid, with `margin` blocks to spare. */
function boxAround(mask: Uint8Array, { shape, factor }: Blocks, fine: Triple, margin: number): VoxelBox {
  const box = boundingBox(mask, shape)!; // a brain that was found has blocks
  const low = mapTriple(box.low, (at, d) => Math.max(0, (at - margin) * factor[d]!));
  const high = mapTriple(fine, (n, d) => Math.min(n, (box.low[d]! + box.shape[d]! + margin) * factor[d]!));
  return { low, shape: mapTriple(high, (end, d) => end - low[d]!) };
}

/**
 * From blocks to voxels: bright voxels in or next to the blocks' mask, in one piece, without holes.
 *
 * @returns 0 and 1 on the grid of `values`
 */
export async function refine(
  values: Float32Array,
  shape: Triple,
  spacing: Triple,
  blocks: Blocks,
  mask: Uint8Array,
  threshold: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const box = boxAround(mask, blocks, shape, 2);
  const [bx, by, bz] = box.shape;
  const { factor } = blocks;
  const rough = new Uint8Array(bx * by * bz);
  for (let k = 0, n = 0; k < bz; k++)
    for (let j = 0; j < by; j++) {
      const row =
        blocks.shape[0] *
        (Math.floor((j + box.low[1]) / factor[1]) +
          blocks.shape[1] * Math.floor((k + box.low[2]) / factor[2]));
      for (let i = 0; i < bx; i++, n++) rough[n] = mask[row + Math.floor((i + box.low[0]) / factor[0])]!;
    }
  await breathe(signal);
  const away = distanceTo(rough, 1, box.shape, spacing);
  const depth = distanceTo(rough, 0, box.shape, spacing);
  await breathe(signal);
  for (let k = 0, n = 0; k < bz; k++)
    for (let j = 0; j < by; j++) {
      const row = box.low[0] + shape[0] * (j + box.low[1] + shape[1] * (k + box.low[2]));
      for (let i = 0; i < bx; i++, n++)
        rough[n] = away[n]! <= BAND && (depth[n]! > 2 * BAND || values[row + i]! > threshold) ? 1 : 0;
    }
  await breathe(signal);
  open(rough, box.shape, spacing, THIN);
  fillHoles(rough, box.shape);
  await breathe(signal);
  const out = new Uint8Array(values.length);
  for (let k = 0; k < bz; k++)
    for (let j = 0; j < by; j++) {
      const row = box.low[0] + shape[0] * (j + box.low[1] + shape[1] * (k + box.low[2]));
      const from = bx * (j + by * k);
      out.set(rough.subarray(from, from + bx), row);
    }
  return out;
}

/** Opens a mask by a ball, and keeps the largest piece of what a ball can reach. */
function open(mask: Uint8Array, shape: Triple, spacing: Triple, radius: number): void {
  const depth = distanceTo(mask, 0, shape, spacing);
  const core = new Uint8Array(mask.length);
  for (let i = 0; i < core.length; i++) core[i] = depth[i]! > radius ? 1 : 0;
  keepLargestComponent(core, shape, 6);
  const away = distanceTo(core, 1, shape, spacing);
  for (let i = 0; i < mask.length; i++) if (away[i]! > radius) mask[i] = 0;
}
