/** Pixels of a rectangle in an array: the index of the first, and the steps to the next row and column. */
export interface Rectangle {
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

/** [height, width] in pixels. */
export type PlaneSize = readonly [number, number];

/** What pixels are read from. */
export type Pixels = ArrayLike<number> & { subarray?(from: number, to: number): ArrayLike<number> };

/** Pixels that lie together, from `start`. */
export function dense(width: number, start = 0): Rectangle {
  return { start, row: width, column: 1 };
}

/** Where a rectangle goes on, `y` rows and `x` columns from its first pixel. */
export function at({ start, row, column }: Rectangle, y: number, x: number): Rectangle {
  return { start: start + y * row + x * column, row, column };
}

/**
 * Copies pixels; neither array may be the other. Where rows lie together in both they are moved whole, and the whole rectangle at once where rows
 * follow each other in both.
 */
export function copyPixels(
  source: Pixels,
  from: Rectangle,
  target: Float32Array,
  to: Rectangle,
  [height, width]: PlaneSize,
): void {
  if (from.column === 1 && to.column === 1 && source.subarray) {
    const whole = from.row === width && to.row === width;
    const [rows, length] = whole ? [1, height * width] : [height, width];
    for (let y = 0, p = from.start, q = to.start; y < rows; y++, p += from.row, q += to.row)
      target.set(source.subarray(p, p + length), q);
    return;
  }
  const [a, b] = [from.column, to.column];
  for (let y = 0; y < height; y++) {
    let p = from.start + y * from.row;
    let q = to.start + y * to.row;
    for (let x = 0; x < width; x++, p += a, q += b) target[q] = source[p]!;
  }
}

/** {@link copyPixels} of slope · v + intercept. */
export function copyScaled(
  source: Pixels,
  from: Rectangle,
  target: Float32Array,
  to: Rectangle,
  [height, width]: PlaneSize,
  { slope, intercept }: { readonly slope: number; readonly intercept: number },
): void {
  const [a, b] = [from.column, to.column];
  for (let y = 0; y < height; y++) {
    let p = from.start + y * from.row;
    let q = to.start + y * to.row;
    for (let x = 0; x < width; x++, p += a, q += b) target[q] = slope * source[p]! + intercept;
  }
}

/** Weights of pixels, all times `factor`; those of a row lie together. */
export interface Weights {
  readonly values: Float64Array;
  readonly at: Rectangle;
  readonly factor: number;
}

/** Adds source · weight to the target. */
export function addWeighted(
  source: Pixels,
  from: Rectangle,
  { values, at: weights, factor }: Weights,
  target: Float32Array,
  to: Rectangle,
  [height, width]: PlaneSize,
): void {
  const [a, b] = [from.column, to.column];
  for (let y = 0; y < height; y++) {
    let p = from.start + y * from.row;
    let q = to.start + y * to.row;
    const w = weights.start + y * weights.row;
    for (let x = 0; x < width; x++, p += a, q += b)
      target[q] = target[q]! + source[p]! * values[w + x]! * factor;
  }
}

/** Sets all pixels to one value. */
export function fillPixels(
  target: Float32Array,
  { start, row, column }: Rectangle,
  [height, width]: PlaneSize,
  value: number,
): void {
  for (let y = 0; y < height; y++) {
    const first = start + y * row;
    if (column === 1) target.fill(value, first, first + width);
    else for (let x = 0, q = first; x < width; x++, q += column) target[q] = value;
  }
}

/** Whether any pixel is above 0. */
export function anyPositive(
  source: Pixels,
  { start, row, column }: Rectangle,
  [height, width]: PlaneSize,
): boolean {
  for (let y = 0; y < height; y++)
    for (let x = 0, p = start + y * row; x < width; x++, p += column) if (source[p]! > 0) return true;
  return false;
}
