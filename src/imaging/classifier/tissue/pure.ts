import { mapInto } from "../../../base/bytes/index.ts";
import { quantiles, type Triple } from "../../volume/index.ts";
import type { MaskBox } from "./box.ts";

/** Voxels wider than this, in mm, hold two tissues more often than one wherever there is cortex, which is 2 to 4 mm thick. */
const THICK = 2;
/** Share of the voxels that is kept, those with the neighbours most alike. */
const KEPT = 0.25;
/** Neighbours in the mask, of six, that a voxel must have to be kept. */
const LEAST_NEIGHBOURS = 4;

/**
 * Voxels that most likely hold one tissue alone: the quarter whose neighbours differ least from each other. The voxel itself is not looked
 * at, so that its noise has no say, and the variances of what is kept are those of the tissues.
 *
 * @param raw intensities on the box, by channel
 * @returns 1 for voxels to learn from, on the box; undefined where voxels are small, and all are to be learnt from
 */
export function pureVoxels(
  raw: readonly Float32Array[],
  box: MaskBox,
  spacing: Triple,
): Uint8Array | undefined {
  if (Math.max(...spacing) <= THICK) return undefined;
  const { voxels, shape } = box;
  const size = shape[0] * shape[1] * shape[2];
  const inside = new Uint8Array(size);
  for (const v of voxels) inside[v] = 1;
  const steps = [1, shape[0], shape[0] * shape[1]].flatMap((step) => [-step, step]);
  const unlike = new Float32Array(voxels.length);
  for (const channel of raw) {
    const spread = mapInto(new Float32Array(voxels.length), voxels, (v) => {
      let count = 0;
      let sum = 0;
      let squares = 0;
      // About the voxel's own value, for the digits' sake.
      for (const step of steps) {
        if (!inside[v + step]) continue;
        const d = channel[v + step]! - channel[v]!;
        count++;
        sum += d;
        squares += d * d;
      }
      return count < LEAST_NEIGHBOURS ? Number.POSITIVE_INFINITY : (squares - (sum * sum) / count) / count;
    });
    const middle = quantiles(spread, [0.5])[0]!;
    const scale = middle > 0 && Number.isFinite(middle) ? 1 / middle : 1;
    for (let n = 0; n < unlike.length; n++) unlike[n]! += scale * spread[n]!;
  }
  const most = quantiles(unlike, [KEPT])[0]!;
  if (!Number.isFinite(most)) return undefined;
  const pure = new Uint8Array(size);
  for (const [n, v] of voxels.entries()) if (unlike[n]! <= most) pure[v] = 1;
  return pure;
}
