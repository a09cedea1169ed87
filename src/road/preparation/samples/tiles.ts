import type { PlaneSize } from "./rectangle.ts";

/** Where a sample's first row and column lie in its slice: negative where the slice is padded. */
export interface Window {
  readonly top: number;
  readonly left: number;
}

/** How overlapping tiles are weighed against each other. */
export type Blend = "gaussian" | "constant";

/** The one window of `size` in the middle of a plane; an odd remainder goes to the end. */
export function centredWindow([height, width]: PlaneSize, size: PlaneSize): Window {
  return { top: centred(height, size[0]), left: centred(width, size[1]) };
}

/**
 * Windows of `size` that cover a plane, row by row. They are `floor(size · (1 - overlap))` apart, at least 1, and the last one is
 * moved back to end with the plane: MONAI's `dense_patch_slices`. Along an axis shorter than `size` there is one, centred.
 */
export function coveringWindows([height, width]: PlaneSize, size: PlaneSize, overlap: number): Window[] {
  const lefts = starts(width, size[1], overlap);
  return starts(height, size[0], overlap).flatMap((top) => lefts.map((left) => ({ top, left })));
}

function centred(length: number, size: number): number {
  return size >= length ? -Math.floor((size - length) / 2) || 0 : Math.floor((length - size) / 2);
}

function starts(length: number, size: number, overlap: number): number[] {
  if (length <= size) return [centred(length, size)];
  const step = Math.max(1, Math.floor(size * (1 - overlap)));
  const count = 1 + Math.ceil((length - size) / step);
  return Array.from({ length: count }, (_, n) => Math.min(n * step, length - size));
}

/** Width of the Gaussian as a share of the window's, MONAI's `sigma_scale` and nnU-Net's (Isensee et al. 2021). */
const SIGMA_SCALE = 1 / 8;
/** MONAI's floor: where the Gaussian vanishes a tile still counts, so that every pixel has a weight. */
const LEAST = 1e-3;

/** Weight of each pixel of a window, dense: MONAI's `compute_importance_map`. Above 0 everywhere. */
export function importanceMap([height, width]: PlaneSize, blend: Blend): Float64Array {
  const map = new Float64Array(height * width).fill(1);
  if (blend === "constant") return map;
  const bell = (at: number, n: number) => Math.exp(-(((at - (n - 1) / 2) / (SIGMA_SCALE * n)) ** 2) / 2);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) map[y * width + x] = Math.max(LEAST, bell(y, height) * bell(x, width));
  return map;
}

/** What a window of `size` and a plane share. */
export interface Shared {
  /** Its first pixel in the window, and in the plane. */
  readonly inWindow: { readonly y: number; readonly x: number };
  readonly inPlane: { readonly y: number; readonly x: number };
  /** 0 for a window beside the plane. */
  readonly size: PlaneSize;
}

export function sharedBy({ top, left }: Window, size: PlaneSize, plane: PlaneSize): Shared {
  const [y, x] = [Math.max(0, -top), Math.max(0, -left)];
  return {
    inWindow: { y, x },
    inPlane: { y: y + top, x: x + left },
    size: [
      Math.max(0, Math.min(size[0], plane[0] - top) - y),
      Math.max(0, Math.min(size[1], plane[1] - left) - x),
    ],
  };
}

/** For each of the windows over a plane of `extent`, dense: its pixels' weights as shares of the weights of all windows there. */
export function blendShares(
  windows: readonly Window[],
  size: PlaneSize,
  extent: PlaneSize,
  blend: Blend,
): Float64Array[] {
  const importance = importanceMap(size, blend);
  const sum = new Float64Array(extent[0] * extent[1]);
  /** Visits the pixels that a window shares with the plane, by their places in the window and in the plane. */
  const each = (window: Window, visit: (p: number, q: number) => void) => {
    const { inWindow, inPlane, size: shared } = sharedBy(window, size, extent);
    for (let y = 0; y < shared[0]; y++) {
      const p = (inWindow.y + y) * size[1] + inWindow.x;
      const q = (inPlane.y + y) * extent[1] + inPlane.x;
      for (let x = 0; x < shared[1]; x++) visit(p + x, q + x);
    }
  };
  for (const window of windows)
    each(window, (p, q) => {
      sum[q]! += importance[p]!;
    });
  return windows.map((window) => {
    const share = new Float64Array(importance.length);
    each(window, (p, q) => {
      share[p] = importance[p]! / sum[q]!;
    });
    return share;
  });
}
