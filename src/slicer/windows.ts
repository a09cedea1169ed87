import type { Plane, PlaneSize } from "./plane.ts";

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

/** The pixels that a window shows, dense; `fill` outside the plane. */
export function cut(plane: Plane, window: Window, size: PlaneSize, fill: number): Float32Array {
  const out = new Float32Array(size[0] * size[1]).fill(fill);
  overlay(window, size, plane, (p, q) => {
    out[p] = plane.data[q]!;
  });
  return out;
}

/** Calls `visit` for each pixel that a window of `size` and a plane share, with its index in the dense window and in the plane's data. */
export function overlay(
  { top, left }: Window,
  [height, width]: PlaneSize,
  plane: Omit<Plane, "data">,
  visit: (inWindow: number, inPlane: number) => void,
): void {
  for (let y = Math.max(0, -top); y < Math.min(height, plane.height - top); y++) {
    const row = plane.start + (y + top) * plane.row;
    for (let x = Math.max(0, -left); x < Math.min(width, plane.width - left); x++)
      visit(y * width + x, row + (x + left) * plane.column);
  }
}

/** For each of the windows over a plane of `extent`, dense: its pixels' weights as shares of the weights of all windows there. */
export function blendShares(
  windows: readonly Window[],
  size: PlaneSize,
  extent: PlaneSize,
  blend: Blend,
): Float64Array[] {
  const importance = importanceMap(size, blend);
  const plane = { height: extent[0], width: extent[1], start: 0, row: extent[1], column: 1 };
  const sum = new Float64Array(extent[0] * extent[1]);
  for (const window of windows)
    overlay(window, size, plane, (p, q) => {
      sum[q]! += importance[p]!;
    });
  return windows.map((window) => {
    const share = new Float64Array(importance.length);
    overlay(window, size, plane, (p, q) => {
      share[p] = importance[p]! / sum[q]!;
    });
    return share;
  });
}
