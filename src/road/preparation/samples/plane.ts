import type { Pixels, PlaneSize, Rectangle } from "./rectangle.ts";

/** A 2-D slice in a larger array. */
export interface Plane extends Rectangle {
  readonly data: Pixels;
  readonly height: number;
  readonly width: number;
}

/** A plane interpolated to another size, with half-pixel centres and the border repeated. Dense. */
export function resize(
  { data, start, row, column, ...source }: Plane,
  [height, width]: PlaneSize,
  interpolation: "nearest" | "linear",
): Float32Array {
  const out = new Float32Array(height * width);
  const ys = taps(source.height, height, interpolation);
  const xs = taps(source.width, width, interpolation);
  for (let y = 0, p = 0; y < height; y++) {
    const ty = ys.share[y]!;
    const upperRow = start + ys.low[y]! * row;
    const lowerRow = start + ys.high[y]! * row;
    for (let x = 0; x < width; x++, p++) {
      const tx = xs.share[x]!;
      const left = xs.low[x]! * column;
      const right = xs.high[x]! * column;
      const upper = data[upperRow + left]! * (1 - tx) + data[upperRow + right]! * tx;
      const lower = data[lowerRow + left]! * (1 - tx) + data[lowerRow + right]! * tx;
      out[p] = upper * (1 - ty) + lower * ty;
    }
  }
  return out;
}

/** For each target pixel: the two source pixels it lies between and the share of the second. */
function taps(source: number, target: number, interpolation: "nearest" | "linear") {
  const [low, high, share] = [new Int32Array(target), new Int32Array(target), new Float64Array(target)];
  for (let i = 0; i < target; i++) {
    const place = Math.min(source - 1, Math.max(0, ((i + 0.5) * source) / target - 0.5));
    low[i] = interpolation === "nearest" ? Math.round(place) : Math.floor(place);
    high[i] = interpolation === "nearest" ? low[i]! : Math.min(low[i]! + 1, source - 1);
    share[i] = interpolation === "nearest" ? 0 : place - low[i]!;
  }
  return { low, high, share };
}
