/** Side of the uniform SSIM window, scikit-image's default. */
export const WINDOW = 7;
/** Voxels at each side of an axis where the window would leave the image. */
export const MARGIN = (WINDOW - 1) / 2;

/** Box sums over 7×7 windows that lie wholly inside a plane, of x, y, x², y², xy. Each (nx - 6) · (ny - 6), x fastest. */
export interface PlaneSums {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly xx: Float64Array;
  readonly yy: Float64Array;
  readonly xy: Float64Array;
}

/** Room for the sums of one plane. */
export function allocateSums(nx: number, ny: number): PlaneSums {
  const n = (nx - 2 * MARGIN) * (ny - 2 * MARGIN);
  const make = () => new Float64Array(n);
  return { x: make(), y: make(), xx: make(), yy: make(), xy: make() };
}

/**
 * Fills `out` with the box sums of planes `x` and `y` (nx · ny, x fastest), separably: running sums along rows, then
 * along columns. In doubles a running sum over a few hundred CT values is wrong by some 1e-13 of itself, far below the
 * constants C1 and C2 of SSIM, so no compensation is needed.
 */
export function planeSums(x: Float64Array, y: Float64Array, nx: number, ny: number, out: PlaneSums): void {
  const width = nx - 2 * MARGIN;
  // Row sums of the last WINDOW rows, five images side by side.
  const ring = new Float64Array(WINDOW * 5 * width);
  const column = new Float64Array(5 * width);
  for (let j = 0; j < ny; j++) {
    const slot = (j % WINDOW) * 5 * width;
    if (j >= WINDOW) for (let i = 0; i < 5 * width; i++) column[i]! -= ring[slot + i]!;
    rowSums(x, y, j * nx, nx, ring, slot, width);
    for (let i = 0; i < 5 * width; i++) column[i]! += ring[slot + i]!;
    if (j < WINDOW - 1) continue;
    const to = (j - WINDOW + 1) * width;
    out.x.set(column.subarray(0, width), to);
    out.y.set(column.subarray(width, 2 * width), to);
    out.xx.set(column.subarray(2 * width, 3 * width), to);
    out.yy.set(column.subarray(3 * width, 4 * width), to);
    out.xy.set(column.subarray(4 * width, 5 * width), to);
  }
}

function rowSums(
  x: Float64Array,
  y: Float64Array,
  row: number,
  nx: number,
  out: Float64Array,
  slot: number,
  width: number,
): void {
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let syy = 0;
  let sxy = 0;
  for (let i = 0; i < nx; i++) {
    const a = x[row + i]!;
    const b = y[row + i]!;
    sx += a;
    sy += b;
    sxx += a * a;
    syy += b * b;
    sxy += a * b;
    if (i >= WINDOW) {
      const p = x[row + i - WINDOW]!;
      const q = y[row + i - WINDOW]!;
      sx -= p;
      sy -= q;
      sxx -= p * p;
      syy -= q * q;
      sxy -= p * q;
    }
    if (i < WINDOW - 1) continue;
    const to = slot + i - WINDOW + 1;
    out[to] = sx;
    out[to + width] = sy;
    out[to + 2 * width] = sxx;
    out[to + 3 * width] = syy;
    out[to + 4 * width] = sxy;
  }
}
