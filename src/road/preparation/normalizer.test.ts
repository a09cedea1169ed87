import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MidashError } from "../../base/errors/index.ts";
import { Volume } from "../../imaging/volume/index.ts";
import { Normalizer } from "./index.ts";

// numpy: a = (((arange(60)*37) % 101) ** 1.5).astype(float32); b = ((arange(24)*13) % 29) * 7
const a = new Volume({
  shape: [5, 4, 3],
  data: Float32Array.from({ length: 60 }, (_, i) => ((i * 37) % 101) ** 1.5),
  simulated: true,
  meta: { name: "a" },
});
const b = new Volume({
  shape: [4, 3, 2],
  data: Int16Array.from({ length: 24 }, (_, i) => (i * 13) % 29),
  scaling: { slope: 7, intercept: 0 },
});

function map(normalizer: Normalizer): { scale: number; offset: number } {
  return normalizer.toJSON().fitted!;
}

describe("Normalizer against NumPy", () => {
  it("percentile, one volume", () => {
    const [low, high] = [8.34385988e-1, 9.86825074e2]; // np.percentile(a, [0.5, 99.5])
    const { scale, offset } = map(Normalizer.percentile().fit(a));
    expect(-offset / scale).toBeCloseTo(low, 6);
    expect((1 - offset) / scale).toBeCloseTo(high, 5);
  });

  it("percentile over all voxels of all volumes", () => {
    const { scale, offset } = map(Normalizer.percentile({ low: 2, high: 98, output: [-1, 1] }).fit([a, b]));
    expect((-1 - offset) / scale).toBeCloseTo(1.86676187, 6); // np.percentile(concatenate([a, b]), [2, 98])
    expect((1 - offset) / scale).toBeCloseTo(945.61402222, 5);
  });

  it("zscore, all and foreground", () => {
    const all = map(Normalizer.zscore().fit(a));
    expect(1 / all.scale).toBeCloseTo(301.29243722921103, 4); // a.std()
    expect(-all.offset / all.scale).toBeCloseTo(396.1449041724205, 4); // a.mean()
    const foreground = map(Normalizer.zscore({ mask: "foreground" }).fit(b));
    expect(1 / foreground.scale).toBeCloseTo(57.31444128301453, 10); // b[b > 0].std()
    expect(-foreground.offset / foreground.scale).toBeCloseTo(103.47826086956522, 10);
  });
});

describe("apply and invert", () => {
  it("fits an unfitted normalizer on the very volume, and leaves it unfitted", () => {
    const normalizer = Normalizer.minmax({ output: [-1, 1] });
    const out = normalizer.apply(b);
    expect(normalizer.isFitted).toBe(false);
    expect([Math.min(...out.values()), Math.max(...out.values())]).toEqual([-1, 1]);
    expect(out.unit).toBe("arbitrary");
  });

  it("keeps grid, simulated and meta", () => {
    const out = Normalizer.percentile().apply(a);
    expect(out.data).toBeInstanceOf(Float32Array);
    expect([out.simulated, out.meta, out.affine, out.shape]).toEqual([true, a.meta, a.affine, a.shape]);
  });

  it("a window is fitted from birth, clips both ways and says so in range", () => {
    const window = Normalizer.window({ min: -1024, max: 3071 });
    expect(window.isFitted).toBe(true);
    expect(window.range).toEqual([0, 1]);
    expect([...window.applyValues(Float32Array.of(-2000, -1024, 3071, 9999))]).toEqual([0, 0, 1, 1]);
    expect([...window.invertValues(Float32Array.of(-0.5, 0, 1, 1.5))]).toEqual([-1024, -1024, 3071, 3071]);
  });

  it("without clip nothing is cut", () => {
    const window = Normalizer.window({ min: 0, max: 100, clip: false });
    expect([...window.applyValues(Float32Array.of(-50, 200))]).toEqual([-0.5, 2]);
    expect([...window.invertValues(Float32Array.of(-0.5, 2))]).toEqual([-50, 200]);
  });

  it("inverts to HU", () => {
    const window = Normalizer.window({ min: -1000, max: 1000 });
    const ct = new Volume({ shape: [3, 1, 1], data: Float32Array.of(-1000, 40, 700), unit: "HU" });
    const back = window.invert(window.apply(ct), { unit: "HU" });
    expect(back.unit).toBe("HU");
    back.values().forEach((v, i) => {
      expect(v).toBeCloseTo(ct.values()[i]!, 3);
    });
  });

  it("round-trips any affine map inside its range", () => {
    const number = fc.double({ min: -1e4, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(
        number,
        fc.double({ min: 1, max: 1e4, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (min, width, t) => {
          const window = Normalizer.window({ min, max: min + width, output: [-1, 1] });
          const x = min + t * width;
          const y = window.invertValues(window.applyValues(Float32Array.of(x)))[0]!;
          expect(Math.abs(y - x)).toBeLessThan(1e-6 * (width + Math.abs(min)));
        },
      ),
    );
  });

  it("works in place, and NaN stays NaN but is not fitted on", () => {
    const values = Float32Array.of(0, Number.NaN, 10, Number.POSITIVE_INFINITY);
    const fitted = Normalizer.minmax().fit(new Volume({ shape: [4, 1, 1], data: values.slice() }));
    expect(fitted.applyValues(values, values)).toBe(values);
    expect([...values]).toEqual([0, Number.NaN, 1, 1]);
  });

  it("fits inside a mask", () => {
    const mask = b.with({ data: Uint8Array.from(b.data, (v) => (v > 10 && v < 20 ? 1 : 0)) });
    const { scale, offset } = map(Normalizer.minmax().fit(b, { mask }));
    expect(-offset / scale).toBeCloseTo(77, 9);
    expect((1 - offset) / scale).toBeCloseTo(126, 9); // 19 · 7 does not occur
  });
});

describe("JSON", () => {
  it.each([
    Normalizer.percentile({ low: 1 }).fit(a),
    Normalizer.percentile({ clip: false }),
    Normalizer.zscore({ mask: "foreground" }).fit(b),
    Normalizer.window({ min: -1024, max: 3071, output: [-1, 1] }),
    Normalizer.minmax().fit(a),
  ])("round-trips $type", (normalizer) => {
    const again = Normalizer.fromJSON(JSON.parse(JSON.stringify(normalizer)));
    expect(again.toJSON()).toEqual(normalizer.toJSON());
    expect(again.apply(a).data).toEqual(normalizer.apply(a).data);
  });

  it.each([
    [null, /expected an object/],
    [{ type: "robust" }, /unknown type "robust".*known are percentile/],
    [{ type: "toString" }, /unknown type/],
    [{ type: "percentile", options: { lo: 3 } }, /no option "lo".*low, high/],
    [{ type: "percentile", options: { low: 60, high: 50 } }, /low < high/],
    [{ type: "window", options: { min: 3 } }, /max must be a finite number/],
    [{ type: "minmax", options: { output: [1, 0] } }, /low before high/],
    [{ type: "zscore", options: { mask: "brain" } }, /"foreground"/],
    [{ type: "zscore", options: {}, fitted: { scale: 0, offset: 1 } }, /scale must be positive/],
    [{ type: "zscore", options: {}, fitted: { scale: 1 } }, /fitted.offset must be a finite/],
    [{ type: "zscore", options: {}, version: 2 }, /no field "version"/],
  ])("refuses %j", (json, message) => {
    expect(() => Normalizer.fromJSON(json)).toThrow(message);
  });
});

describe("errors", () => {
  const flat = new Volume({ shape: [2, 2, 1], data: new Float32Array(4).fill(5) });
  it.each([Normalizer.percentile(), Normalizer.zscore(), Normalizer.minmax()])(
    "a constant volume has no scale: $type",
    (normalizer) => {
      expect(() => normalizer.apply(flat)).toThrow(/no scale/);
    },
  );

  it("inverting an unfitted one is invalid-argument", () => {
    try {
      Normalizer.percentile().invert(a, { unit: "arbitrary" });
      expect.unreachable();
    } catch (error) {
      expect(MidashError.is(error) && error.kind).toBe("invalid-argument");
      expect(String(error)).toMatch(/not fitted.*call fit/);
    }
  });

  it("all NaN, empty mask, other grid", () => {
    expect(() => Normalizer.minmax().fit(flat.with({ data: new Float32Array(4).fill(Number.NaN) }))).toThrow(
      /no finite voxel/,
    );
    expect(() => Normalizer.minmax().fit(a, { mask: a.with({ data: new Uint8Array(60) }) })).toThrow(
      /no finite voxel/,
    );
    expect(() => Normalizer.minmax().fit(a, { mask: b })).toThrow(/different grids/);
    expect(() => Normalizer.minmax().fit([])).toThrow(/at least one volume/);
  });
});
