import type { DensityClass } from "../../imaging/hounsfield/index.ts";
import type { ClassErrors, MetricValue } from "./report.ts";

/** What all values of one report share. */
export type Common = Pick<MetricValue, "preset" | "dataRange" | "maskRule">;

/** Errors of a prediction, summed slice by slice: all together, by class of the reference's HU, and what the correlation needs. */
export class ErrorSums {
  readonly #classes: readonly DensityClass[];
  readonly #lowest: number;
  /** Upper bounds of the classes. */
  readonly #bounds: Float64Array;
  /** For each class (and the last for no class): voxels, |d|, d. */
  readonly #byClass: Float64Array;
  /** d², then x, y, x², y², xy of values from which the first voxel's are subtracted. */
  readonly #sums = new Float64Array(6);
  readonly #shift = new Float64Array(2);
  #started = false;

  /**
   * @param classes from low to high, without gaps
   * @param zero the HU that values are counted from: both images may come with one HU taken away
   */
  constructor(classes: readonly DensityClass[], zero = 0) {
    this.#classes = classes;
    this.#lowest = (classes[0]?.min ?? Number.NEGATIVE_INFINITY) - zero;
    this.#bounds = Float64Array.from(classes, (c) => c.max - zero);
    this.#byClass = new Float64Array(3 * (classes.length + 1));
  }

  /**
   * @param x reference, HU
   * @param y prediction, HU
   * @param inside where values count, not 0, from `offset` on; all count without it
   * @returns sums of what was added: |d|, d, d²
   */
  add(
    x: Float64Array,
    y: Float64Array,
    from: number,
    to: number,
    inside: Uint8Array | undefined,
    offset: number,
  ): { readonly absolute: number; readonly signed: number; readonly squared: number } {
    const lowest = this.#lowest;
    const bounds = this.#bounds;
    const byClass = this.#byClass;
    const none = bounds.length;
    let p = from;
    if (!this.#started) {
      while (p < to && inside && !inside[offset + p]) p++;
      if (p >= to) return { absolute: 0, signed: 0, squared: 0 };
      this.#started = true;
      this.#shift.set([x[p]!, y[p]!]);
    }
    const [x0, y0] = this.#shift as unknown as [number, number];
    let absolute = 0;
    let signed = 0;
    let dd = 0;
    let sx = 0;
    let sy = 0;
    let sxx = 0;
    let syy = 0;
    let sxy = 0;
    for (; p < to; p++) {
      if (inside && !inside[offset + p]) continue;
      const hu = x[p]!;
      const difference = y[p]! - hu;
      let c = hu < lowest ? none : 0;
      while (c < none && hu >= bounds[c]!) c++;
      byClass[3 * c]! += 1;
      const size = Math.abs(difference);
      byClass[3 * c + 1]! += size;
      byClass[3 * c + 2]! += difference;
      absolute += size;
      signed += difference;
      const u = hu - x0;
      const v = y[p]! - y0;
      dd += difference * difference;
      sx += u;
      sy += v;
      sxx += u * u;
      syy += v * v;
      sxy += u * v;
    }
    const parts = [dd, sx, sy, sxx, syy, sxy];
    for (let n = 0; n < parts.length; n++) this.#sums[n]! += parts[n]!;
    return { absolute, signed, squared: dd };
  }

  get voxels(): number {
    return this.#total(0);
  }

  /** MAE, ME, RMSE and NCC of all voxels, and MAE and ME by class. */
  values(common: Common): {
    readonly mae: MetricValue;
    readonly me: MetricValue;
    readonly rmse: MetricValue;
    readonly ncc: MetricValue;
    readonly classes: readonly ClassErrors[];
  } {
    const n = this.voxels;
    const hu = (value: number): MetricValue => ({ ...common, unit: "HU", voxels: n, value });
    return {
      mae: hu(this.#total(1) / n),
      me: hu(this.#total(2) / n),
      rmse: hu(Math.sqrt(this.#sums[0]! / n)),
      ncc: { ...common, voxels: n, ...this.#correlation(n) },
      classes: this.#classes.map((c, index) => this.#ofClass(c, index, common)),
    };
  }

  #total(which: number): number {
    let sum = 0;
    for (let c = 0; c <= this.#classes.length; c++) sum += this.#byClass[3 * c + which]!;
    return sum;
  }

  #correlation(n: number): Pick<MetricValue, "value" | "why"> {
    const [, sx, sy, sxx, syy, sxy] = this.#sums as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const vx = sxx - (sx * sx) / n;
    const vy = syy - (sy * sy) / n;
    const constant = [vx > 0 ? [] : ["reference"], vy > 0 ? [] : ["prediction"]].flat();
    if (constant.length > 0)
      return { value: Number.NaN, why: `no correlation with a constant: the ${constant.join(" and the ")}` };
    return { value: (sxy - (sx * sy) / n) / Math.sqrt(vx * vy) };
  }

  #ofClass({ name, min, max }: DensityClass, index: number, common: Common): ClassErrors {
    const voxels = this.#byClass[3 * index]!;
    const value = (which: number): MetricValue => ({
      ...common,
      unit: "HU",
      maskRule: `${common.maskRule}; where the reference is ${rangeText(min, max)}`,
      voxels,
      value: this.#byClass[3 * index + which]! / voxels,
      ...(voxels > 0 ? {} : { why: `no voxel of the reference is ${name} (${rangeText(min, max)})` }),
    });
    return { name, min, max, mae: value(1), me: value(2) };
  }
}

/** "-200 to below -20 HU". */
function rangeText(min: number, max: number): string {
  if (min === Number.NEGATIVE_INFINITY)
    return max === Number.POSITIVE_INFINITY ? "any HU" : `below ${max} HU`;
  return max === Number.POSITIVE_INFINITY ? `${min} HU or more` : `${min} to below ${max} HU`;
}
