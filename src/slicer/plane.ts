/** A view of a 2-D slice in a larger array. */
export interface Plane {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  /** Index of pixel (0, 0), and the steps to the next row and column. */
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

/** Writes a dense plane into `target` from `offset`, `stride` apart. */
export function copyInto(target: Float32Array, plane: Plane, offset: number, stride: number): void {
  for (let p = 0, q = offset; p < plane.data.length; p++, q += stride) target[q] = plane.data[p]!;
}

/**
 * A dense copy of a plane at another size.
 *
 * `crop-pad` keeps pixels as they are, centred; an odd remainder goes to the end. Going there and back restores every
 * pixel that was not cropped. `resize` interpolates with half-pixel centres and the border repeated.
 */
export function fitPlane(
  plane: Plane,
  [height, width]: readonly [number, number],
  fit: "crop-pad" | "resize",
  fill: number,
  interpolation: "nearest" | "linear",
): Plane & { readonly data: Float32Array } {
  const data = new Float32Array(height * width);
  const out = { data, height, width, start: 0, row: width, column: 1 };
  if (fit === "resize" && (height !== plane.height || width !== plane.width)) {
    resize(plane, out, interpolation);
    return out;
  }
  const top = offset(height, plane.height);
  const left = offset(width, plane.width);
  if (top !== 0 || left !== 0 || height !== plane.height || width !== plane.width) data.fill(fill);
  for (let y = Math.max(0, top); y < Math.min(height, top + plane.height); y++)
    for (let x = Math.max(0, left); x < Math.min(width, left + plane.width); x++)
      data[y * width + x] = plane.data[plane.start + (y - top) * plane.row + (x - left) * plane.column]!;
  return out;
}

/** Where the source's first row lands in the target: negative when cropped. The same cut for n -> m and m -> n. */
function offset(target: number, source: number): number {
  return target >= source ? Math.floor((target - source) / 2) : -Math.floor((source - target) / 2);
}

function resize(
  source: Plane,
  target: Plane & { data: Float32Array },
  interpolation: "nearest" | "linear",
): void {
  const ys = taps(source.height, target.height, interpolation);
  const xs = taps(source.width, target.width, interpolation);
  for (let y = 0; y < target.height; y++)
    for (let x = 0; x < target.width; x++) {
      const [y0, y1, ty] = ys[y]!;
      const [x0, x1, tx] = xs[x]!;
      const at = (r: number, c: number) => source.data[source.start + r * source.row + c * source.column]!;
      const upper = at(y0, x0) * (1 - tx) + at(y0, x1) * tx;
      const lower = at(y1, x0) * (1 - tx) + at(y1, x1) * tx;
      target.data[y * target.width + x] = upper * (1 - ty) + lower * ty;
    }
}

/** For each target pixel: the two source pixels it lies between and the weight of the second. */
function taps(
  source: number,
  target: number,
  interpolation: "nearest" | "linear",
): [number, number, number][] {
  return Array.from({ length: target }, (_, i) => {
    const place = Math.min(source - 1, Math.max(0, ((i + 0.5) * source) / target - 0.5));
    if (interpolation === "nearest") return [Math.round(place), Math.round(place), 0];
    const low = Math.floor(place);
    return [low, Math.min(low + 1, source - 1), place - low];
  });
}
