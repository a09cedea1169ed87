import type { Triple } from "../../imaging/volume/index.ts";
import { BoxSsim, MARGIN, type Planes, WINDOW } from "./box-ssim.ts";
import { boxOf, type Region } from "./region.ts";

/** Weights of the five scales, finest first (Wang et al., Asilomar 2003, table 1). */
const WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
/** Volumes are padded to this many voxels along each axis: 97, 49, 25, 13, 7. */
const SMALLEST = (WINDOW - 1) * 2 ** (WEIGHTS.length - 1) + 1;

/** What {@link BoxMsSsim.result} gives. */
export interface MsSsimResult {
  /** NaN where a scale has no window. */
  readonly value: number;
  /** Windows of all scales; scale by scale in `perScale`. */
  readonly windows: number;
  readonly perScale: readonly number[];
  /** SSIM at the finest scale, as {@link BoxSsim} has it. */
  readonly ssim: { readonly mean: number; readonly windows: number };
}

/** Along one axis of n voxels: how many are padded before, and how many there are then. */
function padded(n: number): { readonly before: number; readonly size: number } {
  return n >= SMALLEST ? { before: 0, size: n } : { before: Math.floor((SMALLEST - n) / 2), size: SMALLEST };
}

/**
 * MS-SSIM over uniform 7×7×7 windows as the SynthRAD2025 challenge computes it, fed slice by slice. At each of five scales the
 * mean over the mask of (L · C · S)^weight, luminance included at all of them; their product. Both differ from the paper of
 * Wang et al. (2003), where only the coarsest scale has a luminance and means are taken before the power. With C3 = C2 / 2
 * and L, C, S cut at 0 the product L · C · S is max(0, SSIM), so one pass and one power do.
 *
 * Between scales: the mean of 2×2×2 voxels, each voxel with those before it (nothing, as 0, before the first), every second one kept; of the mask every
 * second voxel. Volumes below 97 voxels along an axis are padded there with their border, and so is the mask.
 */
export class BoxMsSsim {
  readonly #shape: readonly number[];
  readonly #pads: readonly { readonly before: number; readonly size: number }[];
  readonly #mask: Uint8Array | undefined;
  readonly #scales: Scale[];
  readonly #input: Planes;

  /**
   * @param shape of the volumes
   * @param mask 0 or 1; slices that are pushed must hold 0 where it is 0
   */
  constructor(shape: readonly number[], dataRange: number, mask: Uint8Array | undefined) {
    const [nx, ny, nz] = shape as Triple;
    this.#shape = shape;
    this.#pads = shape.map(padded);
    this.#mask = mask;
    const [width, height, depth] = this.#pads.map(({ size }) => size) as [number, number, number];
    const box = boxOf(mask, [nx, ny, nz]);
    const whole = { x0: 0, x1: width, y0: 0, y1: height };
    // Padding spreads the border, so that only a volume without it has a region of its own.
    let region: Region = box && width === nx && height === ny ? box : whole;
    let size = [width, height, depth] as const;
    this.#scales = WEIGHTS.map((weight) => {
      const scale = new Scale(size, region, dataRange, weight);
      size = size.map((n) => (n + 1) >> 1) as unknown as readonly [number, number, number];
      region = halved(region, size);
      return scale;
    });
    this.#input = { x: new Float64Array(nx * ny), y: new Float64Array(nx * ny) };
  }

  /** Fill it with the next slice, then `push`. */
  get slot(): Planes {
    return this.#isPadded ? this.#input : this.#scales[0]!.slot;
  }

  /** Slice `k` of the volume, in order. */
  push(k: number): void {
    const { before, size } = this.#pads[2]!;
    const [first, last] = [k === 0, k === this.#shape[2]! - 1];
    const from = first ? 0 : before + k;
    const to = last ? size : before + k + 1;
    for (let z = from; z < to; z++) {
      if (this.#isPadded) this.#spread();
      this.#pushScale(0);
    }
  }

  result(): MsSsimResult {
    const scales = this.#scales.map((scale) => scale.result());
    const perScale = scales.map(({ windows }) => windows);
    return {
      value: scales.reduce((product, { powered }) => product * Math.min(1, powered), 1),
      windows: perScale.reduce((sum, n) => sum + n, 0),
      perScale,
      ssim: scales[0]!,
    };
  }

  get #isPadded(): boolean {
    return this.#pads.some(({ size }, axis) => size !== this.#shape[axis]);
  }

  /** Writes the slice into the finest scale, with its border repeated. */
  #spread(): void {
    const [nx, ny] = this.#shape as [number, number, number];
    const [{ before: left, size: width }, { before: above, size: height }] = this.#pads as unknown as [
      { before: number; size: number },
      { before: number; size: number },
    ];
    const { slot } = this.#scales[0]!;
    for (const key of ["x", "y"] as const)
      for (let j = 0; j < height; j++) {
        const row = nx * Math.max(0, Math.min(ny - 1, j - above));
        for (let i = 0; i < width; i++)
          slot[key][j * width + i] = this.#input[key][row + Math.max(0, Math.min(nx - 1, i - left))]!;
      }
  }

  /** Takes the slice that stands in the slot of a scale, and hands its mean with the one before to the next scale. */
  #pushScale(level: number): void {
    const scale = this.#scales[level]!;
    const next = this.#scales[level + 1];
    const mask = this.#mask;
    const complete = next ? scale.halve(next.slot) : false;
    if (mask && level === 0 && !this.#isPadded) scale.push(mask, scale.centre * scale.plane);
    else if (mask) scale.push(this.#included(level, scale), 0);
    else scale.push(undefined, 0);
    if (complete) this.#pushScale(level + 1);
  }

  /** The mask of a scale's centre slice. */
  #included(level: number, scale: Scale): Uint8Array {
    const { included, width, height, centre } = scale;
    if (centre < MARGIN) return included; // no window yet
    const step = 2 ** level;
    const source = (at: number, axis: number) =>
      Math.max(0, Math.min(this.#shape[axis]! - 1, at * step - this.#pads[axis]!.before));
    const [nx, ny] = this.#shape as [number, number, number];
    const slice = source(centre, 2) * nx * ny;
    for (let j = 0; j < height; j++) {
      const row = slice + nx * source(j, 1);
      for (let i = 0; i < width; i++) included[j * width + i] = this.#mask![row + source(i, 0)]!;
    }
    return included;
  }
}

/** One scale: its windows, and the in-plane means of the slice before, for the next scale. */
class Scale {
  readonly width: number;
  readonly height: number;
  readonly included: Uint8Array;
  readonly #windows: BoxSsim;
  readonly #before: Planes;
  readonly #region: Region;
  #slices = 0;

  constructor(
    [width, height]: readonly [number, number, number],
    region: Region,
    dataRange: number,
    exponent: number,
  ) {
    this.width = width;
    this.height = height;
    this.included = new Uint8Array(width * height);
    this.#region = region;
    this.#windows = new BoxSsim(width, height, { depth: 7, dataRange, exponent, region });
    const half = ((width + 1) >> 1) * ((height + 1) >> 1);
    this.#before = { x: new Float64Array(half), y: new Float64Array(half) };
  }

  get slot(): Planes {
    return this.#windows.slot;
  }

  get centre(): number {
    return this.#windows.centre;
  }

  get plane(): number {
    return this.width * this.height;
  }

  /** @returns true when `next` holds a whole slice: of slices 0, 1 and 2, 3 and 4, ... (0 alone: nothing lies before it) */
  halve(next: Planes): boolean {
    const even = this.#slices++ % 2 === 0;
    const region = halved(this.#region, [(this.width + 1) >> 1, (this.height + 1) >> 1]);
    for (const key of ["x", "y"] as const)
      halveSlice(this.slot[key], this.width, region, this.#before[key], even ? next[key] : undefined);
    return even;
  }

  push(include: Uint8Array | undefined, offset: number): void {
    this.#windows.push(include, offset);
  }

  result() {
    return this.#windows.result();
  }
}

/** Where the next scale has values that are not 0: every second voxel, each with the one before it. */
function halved(region: Region, [width, height]: readonly number[]): Region {
  return {
    x0: region.x0 >> 1,
    x1: Math.min(width!, (region.x1 + 2) >> 1),
    y0: region.y0 >> 1,
    y1: Math.min(height!, (region.y1 + 2) >> 1),
  };
}

/**
 * Sums of 2×2 pixels, each with those before it, at every second pixel. They are kept in `before`; where there is `out`, it gets an
 * eighth of them and of those kept before.
 */
function halveSlice(
  values: Float64Array,
  width: number,
  { x0, x1, y0, y1 }: Region,
  before: Float64Array,
  out: Float64Array | undefined,
): void {
  const half = (width + 1) >> 1;
  for (let j = y0; j < y1; j++) {
    const low = 2 * j * width;
    const high = j > 0 ? low - width : -1;
    for (let i = x0; i < x1; i++) {
      const at = low + 2 * i;
      let sum = values[at]!;
      if (i > 0) sum += values[at - 1]!;
      if (high >= 0) {
        sum += values[high + 2 * i]!;
        if (i > 0) sum += values[high + 2 * i - 1]!;
      }
      const p = j * half + i;
      if (out) {
        out[p] = (sum + before[p]!) / 8;
        before[p] = 0;
      } else before[p] = sum;
    }
  }
}
