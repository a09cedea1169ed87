import { assert, fail } from "../../base/errors/index.ts";
import { type Unit, Volume } from "../../imaging/volume/index.ts";
import { type Fitted, fitAffine } from "./normalizer-fit.ts";
import {
  finite,
  type Interval,
  type MinmaxOptions,
  type NormalizerSpec,
  normalizerSpec,
  type PercentileOptions,
  type WindowOptions,
  type ZscoreOptions,
} from "./normalizer-options.ts";

/** A Normalizer as plain data, for model files. y = scale · x + offset. */
export interface NormalizerJson {
  readonly type: NormalizerSpec["type"];
  readonly options: NormalizerSpec["options"];
  /** Absent while unfitted. */
  readonly fitted?: { readonly scale: number; readonly offset: number };
}

const BRAND = Symbol.for("@midash/core/Normalizer");

/**
 * Brings intensities into the range a network works in, and back: y = scale · x + offset, clipped where asked.
 * Immutable: `fit` gives a new Normalizer.
 *
 * An unfitted one fits itself on each volume it is applied to. That is the usual normalisation of MR, whose units differ
 * from scan to scan; a CT in HU wants `Normalizer.window`, which needs no fitting and can be inverted.
 *
 * @example
 * const input = Normalizer.percentile().apply(mr);                   // per volume, to [0, 1]
 * const target = Normalizer.window({ min: -1024, max: 3071 });
 * const hu = target.invert(prediction, { unit: "HU" });
 */
export class Normalizer {
  readonly type: NormalizerSpec["type"];
  readonly #spec: NormalizerSpec;
  readonly #fitted: Fitted | undefined;

  private constructor(spec: NormalizerSpec, fitted?: Fitted) {
    this.type = spec.type;
    this.#spec = spec;
    this.#fitted = fitted;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Also true for normalizers of another copy of this library. */
  static is(value: unknown): value is Normalizer {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /** Percentiles `low` and `high` (linear between order statistics, as NumPy) go to the ends of `output`. */
  static percentile(options: PercentileOptions = {}): Normalizer {
    return new Normalizer(normalizerSpec("percentile", options));
  }

  /** Mean to 0, population standard deviation to 1, outliers aside (`usualRange`). Never clipped, so it declares no range. */
  static zscore(options: ZscoreOptions = {}): Normalizer {
    return new Normalizer(normalizerSpec("zscore", options));
  }

  /** `min` and `max` go to the ends of `output`. Fitted from birth. */
  static window(options: WindowOptions): Normalizer {
    const spec = normalizerSpec("window", options);
    return new Normalizer(spec, fitAffine(spec, [], []));
  }

  /** Minimum and maximum, outliers aside (`usualRange`), go to the ends of `output`. */
  static minmax(options: MinmaxOptions = {}): Normalizer {
    return new Normalizer(normalizerSpec("minmax", options));
  }

  /** True once scale and offset are known. */
  get isFitted(): boolean {
    return this.#fitted !== undefined;
  }

  /** The declared output range [low, high]; null for z-scores. Without `clip`, values may leave it. */
  get range(): Interval | null {
    return this.#spec.type === "zscore" ? null : this.#spec.options.output;
  }

  /**
   * A copy fitted on the finite voxels of one or more volumes taken together.
   *
   * @param options.mask use only voxels where it is above 0; one per volume when `volumes` is an array
   * @throws MidashError `invalid-argument` when the voxels are constant or none is finite; `grid-mismatch`
   */
  fit(
    volumes: Volume | readonly Volume[],
    options: { readonly mask?: Volume | readonly Volume[] } = {},
  ): Normalizer {
    const list = Volume.is(volumes) ? [volumes] : volumes;
    const { mask } = options;
    const masks = mask === undefined ? [] : Volume.is(mask) ? [mask] : mask;
    assert(list.length > 0, "needs at least one volume", { where: { call: "Normalizer.fit" } });
    assert(
      mask === undefined || masks.length === list.length,
      `${list.length} volumes need as many masks, got ${masks.length}`,
      { where: { call: "Normalizer.fit" } },
    );
    return new Normalizer(this.#spec, fitAffine(this.#spec, list, masks));
  }

  /**
   * The normalised volume: Float32, unit "arbitrary"; grid, `simulated` and `meta` stay. NaN stays NaN. When unfitted,
   * fits on this very volume first.
   */
  apply(volume: Volume): Volume {
    const fitted = this.isFitted ? this : this.fit(volume);
    return volume.with({ data: fitted.applyValues(volume.values()), unit: "arbitrary" });
  }

  /**
   * Back to the unit it was fitted in: Float32; grid, `simulated` and `meta` stay. With `clip`, values outside `range` are
   * clipped first, so the result never leaves the fitted interval.
   *
   * @throws MidashError `invalid-argument` when unfitted
   */
  invert(volume: Volume, options: { readonly unit: Unit }): Volume {
    return volume.with({ data: this.invertValues(volume.values()), unit: options.unit });
  }

  /** {@link apply} for bare values, for inner loops. Must be fitted. `out` may be `values` itself; default: a new array. */
  applyValues(values: Float32Array, out: Float32Array = new Float32Array(values.length)): Float32Array {
    const { scale, offset } = this.#need("applyValues", values, out);
    const [low, high] = this.#clip();
    for (let i = 0; i < values.length; i++) {
      const y = scale * values[i]! + offset;
      out[i] = Math.max(low, Math.min(high, y));
    }
    return out;
  }

  /** {@link invert} for bare values, for inner loops. Must be fitted. `out` may be `values` itself; default: a new array. */
  invertValues(values: Float32Array, out: Float32Array = new Float32Array(values.length)): Float32Array {
    const { scale, offset } = this.#need("invertValues", values, out);
    const [low, high] = this.#clip();
    for (let i = 0; i < values.length; i++) {
      const y = values[i]!;
      out[i] = (Math.max(low, Math.min(high, y)) - offset) / scale;
    }
    return out;
  }

  /** Differences, such as standard deviations, back to the unit it was fitted in: only the scale counts. Must be fitted. `out` may be `values` itself. */
  invertSpread(values: Float32Array, out: Float32Array = new Float32Array(values.length)): Float32Array {
    const { scale } = this.#need("invertSpread", values, out);
    for (let i = 0; i < values.length; i++) out[i] = values[i]! / scale;
    return out;
  }

  /** Plain data for model files; `JSON.stringify` calls it. */
  toJSON(): NormalizerJson {
    const { type, options } = this.#spec;
    return { type, options: { ...options }, ...(this.#fitted ? { fitted: { ...this.#fitted } } : {}) };
  }

  /** @throws MidashError `invalid-argument` when `json` is not what {@link toJSON} writes */
  static fromJSON(json: unknown): Normalizer {
    const where = { call: "Normalizer.fromJSON" };
    if (typeof json !== "object" || json === null || Array.isArray(json))
      fail("invalid-argument", "expected an object { type, options, fitted? }", { where });
    const { type, options, fitted, ...rest } = json as Readonly<Record<string, unknown>>;
    const extra = Object.keys(rest)[0];
    assert(extra === undefined, `there is no field "${extra}"`, {
      where,
      hint: "fields are type, options, fitted",
    });
    const spec = normalizerSpec(type, options ?? {});
    // A window's map follows from its options: a stored one could only contradict them.
    if (spec.type === "window") return new Normalizer(spec, fitAffine(spec, [], []));
    if (fitted === undefined || fitted === null) return new Normalizer(spec);
    assert(typeof fitted === "object", "fitted must be an object { scale, offset }", { where });
    const { scale, offset } = fitted as Readonly<Record<string, unknown>>;
    const map = {
      scale: finite(scale, "fitted.scale", where),
      offset: finite(offset, "fitted.offset", where),
    };
    assert(map.scale > 0, `fitted.scale must be positive, got ${map.scale}`, { where });
    return new Normalizer(spec, map);
  }

  #need(method: string, values: Float32Array, out: Float32Array): Fitted {
    const where = `Normalizer.${this.type}.${method}`;
    assert(this.#fitted, "not fitted yet", { where, hint: "call fit(volume) first and use what it returns" });
    assert(out.length === values.length, `out has ${out.length} values, input has ${values.length}`, {
      where,
    });
    return this.#fitted;
  }

  #clip(): Interval {
    const spec = this.#spec;
    return spec.type !== "zscore" && spec.options.clip ? spec.options.output : [-Infinity, Infinity];
  }
}
