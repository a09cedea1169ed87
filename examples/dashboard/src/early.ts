/** The synthetic CT while it is being made: what has come so far, on the MR's voxels. */
import { Volume } from "@midash/core";
import type { HeadPart } from "@midash/core/head";
import { signal } from "@preact/signals";

/** NaN where nothing has come yet. */
export interface Early {
  readonly sct: Volume;
  /** When the first part came, in seconds from the press. */
  readonly firstAfter: number;
}

export const early = signal<Early | undefined>(undefined);

/** Puts a part into its place. The volume's memory is the same each time; the signal's value is another. @param whole of `emptyLike` */
export function take(whole: Volume, { sct, from }: HeadPart, since: number): void {
  const before = early.peek();
  const [width, height, depth] = sct.shape;
  const [nx, ny] = whole.shape;
  const values = sct.data as Float32Array;
  const target = whole.data as Float32Array;
  for (let k = 0, p = 0; k < depth; k++)
    for (let j = 0; j < height; j++, p += width) {
      const q = from[0] + nx * (from[1] + j + ny * (from[2] + k));
      for (let i = 0; i < width; i++) {
        const value = values[p + i]!;
        if (!Number.isNaN(value)) target[q + i] = value; // NaN belongs to another part
      }
    }
  early.value = { sct: whole, firstAfter: before?.firstAfter ?? (performance.now() - since) / 1000 };
}

/** Voxels that are written before the page gets its turn. */
const TURN = 1 << 20;

/** Nothing yet, on an MR's voxels. */
export async function emptyLike({ shape, affine, simulated }: Volume): Promise<Volume> {
  const data = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (let start = 0; start < data.length; start += TURN) {
    data.fill(Number.NaN, start, start + TURN);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return new Volume({ shape, affine, simulated, data, unit: "HU" });
}
