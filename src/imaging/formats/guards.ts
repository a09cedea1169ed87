import { product } from "../../base/bytes/index.ts";
import { assert, fail } from "../../base/errors/index.ts";
import type { Limits } from "./format.ts";

/** Default of `limits.maxVoxels`: 2^29. */
const MAX_VOXELS = 2 ** 29;
/** Default of `limits.maxRatio`. A label map of a few small structures in a large volume reaches some 200. */
const MAX_RATIO = 250;
/**
 * Up to so many bytes a file may unpack to at any ratio: an empty mask of 512³ packs 1000-fold, and does no harm. Less where
 * `limits.maxVoxels` is so low that the largest voxels and a header take less.
 */
const RATIO_FREE = 2 ** 28;
const LARGEST_VOXEL = 8;
const LARGEST_HEADER = 2 ** 20;

/**
 * That the sizes which a header claims are whole and positive.
 *
 * @returns voxels in one frame: of the first three axes
 * @throws MidashError `invalid-file`
 */
export function checkShape(shape: readonly number[], where: string): number {
  if (shape.length === 0 || shape.some((n) => !Number.isSafeInteger(n) || n < 1))
    fail(
      "invalid-file",
      `the header claims a size of ${shape.join("×")} voxels, each must be a whole number of at least 1`,
      { where, hint: "get the file again" },
    );
  return product(shape.slice(0, 3));
}

/** That a volume is not larger than allowed, before memory is taken for it. @throws MidashError `limit` */
export function checkVoxels(count: number, limits: Limits = {}, where: string): void {
  const { maxVoxels = MAX_VOXELS } = limits;
  assert(maxVoxels > 0, `limits.maxVoxels must be positive, got ${maxVoxels}`, { where: "read" });
  if (count <= maxVoxels) return;
  fail("limit", `${count} voxels, the limit is ${maxVoxels}`, {
    where,
    hint: [["raise ", { option: "limits.maxVoxels" }, " if the file is trusted"]],
  });
}

/**
 * That a compressed file does not unpack to much more than files do.
 *
 * @throws MidashError `limit`
 */
export function checkRatio(packed: number, unpacked: number, limits: Limits = {}, where: string): void {
  const { maxRatio = MAX_RATIO, maxVoxels = MAX_VOXELS } = limits;
  assert(maxRatio >= 1, `limits.maxRatio must be at least 1, got ${maxRatio}`, { where: "read" });
  const free = Math.min(RATIO_FREE, LARGEST_VOXEL * maxVoxels + LARGEST_HEADER);
  if (unpacked <= free || unpacked <= packed * maxRatio) return;
  fail("limit", `${packed} bytes are to unpack to ${unpacked}, more than ${maxRatio} times as many`, {
    where,
    hint: [["raise ", { option: "limits.maxRatio" }, " if the file is trusted"]],
  });
}

/** That a file has the bytes which its header promises. @throws MidashError `invalid-file` */
export function checkCapacity(have: number, need: number, promise: string, where: string): void {
  if (have >= need) return;
  fail(
    "invalid-file",
    `truncated: its header promises ${promise} (${need} bytes), the file can hold no more than ${have}`,
    { where, hint: "get the file again" },
  );
}

/**
 * The frame to read: the one asked for, or the only one.
 *
 * @throws MidashError `unsupported` when there are several and none was asked for, `invalid-argument` when it isn't there
 */
export function checkFrame(frame: number | undefined, frames: number, where: string): number {
  if (frame === undefined) {
    if (frames === 1) return 0;
    return fail("unsupported", `it holds ${frames} frames, a Volume is one`, {
      where,
      hint: `pass frame: 0 to ${frames - 1}`,
    });
  }
  assert(
    Number.isInteger(frame) && frame >= 0 && frame < frames,
    `frame must be an integer from 0 to ${frames - 1}, got ${frame}`,
    { where },
  );
  return frame;
}
