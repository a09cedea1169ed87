import { expect, test } from "vitest";
import fixture from "../../../test/fixtures/volume/smooth.json" with { type: "json" };
import { affineFromSpacing, type Triple } from "./affine.ts";
import { resample } from "./resample.ts";
import { gaussianSmooth } from "./smooth.ts";
import { Volume } from "./volume.ts";

const triple = (n: readonly number[]) => n as unknown as Triple;

/** Of values with SD 300, kept to five decimals, in float32. */
const CLOSE = 1e-3;

test.each(fixture.smooth.map((c) => [c.sigma.join(", "), c] as const))("as SciPy, σ %s", (_name, c) => {
  const out = gaussianSmooth(Float32Array.from(c.data), triple(c.shape), triple(c.sigma));
  expect(out.length).toBe(c.out.length);
  for (const [i, v] of c.out.entries()) expect(Math.abs(out[i]! - v)).toBeLessThan(CLOSE);
});

test.each(fixture.downsample.map((c) => [c.to.join("×"), c] as const))(
  "anti-aliased to %s mm as with SciPy and Cardoso's σ",
  (_name, c) => {
    const affine = affineFromSpacing(triple(c.spacing), [3, -2, 5]);
    const source = new Volume({ shape: triple(c.shape), data: Float32Array.from(c.data), affine });
    const out = resample(source, { spacing: triple(c.to) });
    expect(out.shape).toEqual(c.toShape);
    for (const [i, v] of c.out.entries()) expect(Math.abs(out.data[i]! - v)).toBeLessThan(CLOSE);
  },
);

test("finer or turned grids of the same voxel size are not smoothed", () => {
  const source = new Volume({
    shape: [6, 6, 6],
    data: Float32Array.from({ length: 216 }, (_, i) => (i * 37) % 11),
  });
  const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
  const turned = { shape: [6, 6, 6] as const, affine: [c, -s, 0, 1, s, c, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] };
  for (const options of [{ spacing: [0.5, 1, 0.7] as const }, { like: turned }])
    expect(resample(source, options).data).toEqual(resample(source, { ...options, antialias: false }).data);
});

test("labels are never smoothed; a signal is heeded", () => {
  const data = Uint8Array.from({ length: 64 }, (_, i) => i % 3);
  const labels = new Volume({ shape: [4, 4, 4], data });
  const options = { spacing: [2, 2, 2], interpolation: "nearest" } as const;
  expect(resample(labels, { ...options, antialias: true }).data).toEqual(
    resample(labels, { ...options, antialias: false }).data,
  );
  const signal = AbortSignal.abort();
  expect(() => gaussianSmooth(new Float32Array(64), [4, 4, 4], [1, 1, 1], signal)).toThrow(/cancelled/);
});
