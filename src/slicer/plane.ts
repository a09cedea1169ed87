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

/** [height, width] in pixels. */
export type PlaneSize = readonly [number, number];

/** Writes dense pixels into `target` from `offset`, `stride` apart. */
export function copyInto(target: Float32Array, pixels: Float32Array, offset: number, stride: number): void {
  for (let p = 0, q = offset; p < pixels.length; p++, q += stride) target[q] = pixels[p]!;
}

/** A plane interpolated to another size, with half-pixel centres and the border repeated. Dense. */
export function resize(
  source: Plane,
  [height, width]: PlaneSize,
  interpolation: "nearest" | "linear",
): Float32Array {
  const out = new Float32Array(height * width);
  const ys = taps(source.height, height, interpolation);
  const xs = taps(source.width, width, interpolation);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [y0, y1, ty] = ys[y]!;
      const [x0, x1, tx] = xs[x]!;
      const at = (r: number, c: number) => source.data[source.start + r * source.row + c * source.column]!;
      const upper = at(y0, x0) * (1 - tx) + at(y0, x1) * tx;
      const lower = at(y1, x0) * (1 - tx) + at(y1, x1) * tx;
      out[y * width + x] = upper * (1 - ty) + lower * ty;
    }
  return out;
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
