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

/** Puts a part into its place. The volume's memory is the same each time; the signal's value is another. */
export function take(mr: Volume, { sct, from }: HeadPart, since: number): void {
  const before = early.peek();
  const whole = before?.sct ?? emptyLike(mr);
  const [width, height, depth] = sct.shape;
  const [nx, ny] = mr.shape;
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

function emptyLike({ shape, affine, simulated }: Volume): Volume {
  const data = new Float32Array(shape[0] * shape[1] * shape[2]).fill(Number.NaN);
  return new Volume({ shape, affine, simulated, data, unit: "HU" });
}
