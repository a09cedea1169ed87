import { product } from "../../base/bytes/index.ts";
import { assert } from "../../base/errors/index.ts";
import type { ModelSpec } from "../../networks/models/index.ts";

/** Default of {@link BatchOptions.batchBytes}: 512 MiB, which a browser's tab and a small server still have. */
export const BATCH_BYTES = 512 * 2 ** 20;

/**
 * Pixels beyond which a batch gains nothing: 8 slices of 256². On wasm a slice of a batch of 8 takes as long as one of a batch of 2 (base-16 U-Net,
 * 256²); smaller samples want more at once, or calls cost more than they compute. So a patch of 96³ voxels is a batch of its own, and of 64³ it takes two. Progress and
 * cancelling come between batches.
 */
const ENOUGH_PIXELS = 8 * 256 ** 2;

/** Of models that declare nothing, bytes a pixel: those of a U-Net of 32 filters. */
const UNDECLARED = 4 * 12 * 32;

/** How many samples go through the model at once. The sCT does not depend on it. */
export interface BatchOptions {
  /**
   * Samples per call of the model. Default: as many as make up 8 slices of 256² pixels, or as fit into `batchBytes` where those are fewer,
   * at least 1.
   */
  readonly batchSize?: number;
  /**
   * Bytes that a batch may take inside the model, by what the model declares (`ModelSpec.sampleBytes`; without it 1.5 KiB a pixel). Default 512
   * MiB. Without effect when `batchSize` is given.
   */
  readonly batchBytes?: number;
}

/**
 * Samples per call of a model.
 *
 * @param size [H, W] or [D, H, W] of a sample
 * @throws MidashError `invalid-argument` for impossible options
 */
export function batchSizeOf(
  { sampleBytes }: Pick<ModelSpec, "sampleBytes">,
  size: readonly number[],
  options: BatchOptions = {},
): number {
  const { batchSize, batchBytes = BATCH_BYTES } = options;
  const positive = "must be a positive integer, got";
  assert(batchSize === undefined || isCount(batchSize), `batchSize ${positive} ${batchSize}`, {
    where: { call: "Synthesizer" },
  });
  assert(batchBytes > 0, `batchBytes must be positive, got ${batchBytes}`, {
    where: { call: "Synthesizer" },
  });
  if (batchSize !== undefined) return batchSize;
  const pixels = product(size);
  const each = sampleBytes?.(size) ?? pixels * UNDECLARED;
  return Math.max(1, Math.min(Math.floor(ENOUGH_PIXELS / pixels), Math.floor(batchBytes / each)));
}

function isCount(n: number): boolean {
  return Number.isInteger(n) && n > 0;
}
