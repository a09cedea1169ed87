import type { PlaneSize } from "./rectangle.ts";

/** Where a sample's first row and column lie in its plane: negative where the plane is padded. */
export interface Window {
  readonly top: number;
  readonly left: number;
}

/** Where a window of `size` in the middle of an axis begins; an odd remainder goes to the end. */
export function centred(length: number, size: number): number {
  return size >= length ? -Math.floor((size - length) / 2) || 0 : Math.floor((length - size) / 2);
}

/**
 * Where windows of `size` that cover an axis begin. They are `floor(size · (1 - overlap))` apart, at least 1, and the last one is
 * moved back to end with the axis: MONAI's `dense_patch_slices`. Along an axis shorter than `size` there is one, centred.
 */
export function covering(length: number, size: number, overlap: number): number[] {
  if (length <= size) return [centred(length, size)];
  const step = Math.max(1, Math.floor(size * (1 - overlap)));
  const count = 1 + Math.ceil((length - size) / step);
  return Array.from({ length: count }, (_, n) => Math.min(n * step, length - size));
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
