import { describe, expect, it } from "vitest";
import { affineFromSpacing, multiplyAffines, reorient, Volume } from "../volume/index.ts";
import { displayWindow, type SliceAxis, sliceImage, sliceValues } from "./index.ts";

const [NX, NY, NZ] = [5, 4, 3];

/** Each voxel its own value: 100 for each step to the right, 10 forward, 1 up. */
const volume = new Volume({
  shape: [NX, NY, NZ],
  data: Float32Array.from({ length: NX * NY * NZ }, (_, n) => {
    const [i, j, k] = [n % NX, Math.floor(n / NX) % NY, Math.floor(n / (NX * NY))];
    return 100 * i + 10 * j + k;
  }),
  affine: affineFromSpacing([1, 2, 3], [-2, -3, -3]),
  unit: "HU",
});

/** Greys at the corners: top left, top right, bottom left, bottom right. */
function corners({ data, width, height }: { data: Uint8ClampedArray; width: number; height: number }) {
  const grey = (x: number, y: number) => data[4 * (x + width * y)];
  return [grey(0, 0), grey(width - 1, 0), grey(0, height - 1), grey(width - 1, height - 1)];
}

describe("sliceImage", () => {
  // Black at 0 and white at 510: grey is half of the value.
  const window = { low: 0, high: 510 };
  const half = (...values: number[]) => values.map((value) => Math.round(value / 2));

  it.each<[SliceAxis, number[], [number, number], object]>([
    ["axial", half(431, 31, 401, 1), [5, 4], { left: "R", right: "L", top: "A", bottom: "P" }],
    ["coronal", half(412, 12, 410, 10), [5, 3], { left: "R", right: "L", top: "S", bottom: "I" }],
    ["sagittal", half(132, 102, 130, 100), [4, 3], { left: "A", right: "P", top: "S", bottom: "I" }],
  ])(
    "%s: the right is on the left, the front on the left or at the top, the head at the top",
    (axis, greys, size, edges) => {
      const image = sliceImage(volume, { axis, index: 1, window });
      expect([image.width, image.height]).toEqual(size);
      expect(image.data).toHaveLength(4 * image.width * image.height);
      expect(corners(image)).toEqual(greys);
      expect(image.data.filter((_, n) => n % 4 === 3).every((opacity) => opacity === 255)).toBe(true);
      expect(image).toMatchObject({ edges, window, simulated: false });
    },
  );

  it("is the same in whatever order the volume has its axes, and moves no voxel for it", () => {
    for (const code of ["LPS", "PIR", "SAL", "IRP"])
      for (const axis of ["axial", "coronal", "sagittal"] as const)
        expect(sliceImage(reorient(volume, code), { axis, window })).toEqual(
          sliceImage(volume, { axis, window }),
        );
  });

  it("says where the slice lies, how large its pixels are, and how many slices there are", () => {
    expect(sliceImage(volume, { window })).toMatchObject({ position: 0, pixel: [1, 2], count: NZ });
    expect(sliceImage(volume, { axis: "sagittal", index: 4, window })).toMatchObject({
      position: 2,
      pixel: [2, 3],
      count: NX,
    });
    const angle = Math.PI / 12;
    const turn = [
      Math.cos(angle),
      -Math.sin(angle),
      0,
      0,
      Math.sin(angle),
      Math.cos(angle),
      0,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      1,
    ];
    const oblique = volume.with({ affine: multiplyAffines(turn, volume.affine) });
    const image = sliceImage(oblique, { window });
    expect(image.pixel[0]).toBeCloseTo(1, 12);
    expect(corners(image)).toEqual(corners(sliceImage(volume, { window })));
  });

  it("windows: names, widths, values, percentiles; HU and MR have their own by default", () => {
    expect(sliceImage(volume, { window: "soft" }).window).toEqual({ low: -160, high: 240 });
    expect(sliceImage(volume, { window: { width: 100, level: 50 } }).window).toEqual({ low: 0, high: 100 });
    expect(sliceImage(volume).window).toEqual({ low: -700, high: 1300 });
    const mr = volume.with({ unit: "arbitrary", simulated: true });
    const shown = sliceImage(mr);
    expect(shown.simulated).toBe(true);
    expect(shown.window.low).toBeGreaterThanOrEqual(0);
    expect(shown.window.high).toBeLessThanOrEqual(432);
    expect(displayWindow(mr, { percentiles: [0, 100] })).toEqual({ low: 0, high: 432 });
    const flat = mr.with({ data: new Float32Array(volume.size) });
    expect(displayWindow(flat)).toEqual({ low: 0, high: 1 });
    const odd = mr.with({ data: new Float32Array(volume.size).fill(Number.NaN) });
    expect([...sliceImage(odd, { window }).data.slice(0, 4)]).toEqual([170, 60, 200, 255]);
  });

  it.each([
    [{ axis: "oblique" as SliceAxis }, /unknown axis "oblique"; known are/],
    [{ index: 3 }, /sliceImage: index: slice 3 is outside 0 to 2/],
    [{ window: "liver" as "soft" }, /window must be soft, brain, bone, lung/],
    [{ window: { low: 1, high: 1 } }, /needs low < high/],
  ])("refuses %j", (options, message) => {
    expect(() => sliceImage(volume, options)).toThrow(message);
  });
});

describe("sliceValues", () => {
  it("gives what sliceImage paints, as numbers, whatever the order of axes", () => {
    const window = { low: 0, high: 510 };
    for (const code of ["RAS", "LPS", "PIR"])
      for (const axis of ["axial", "coronal", "sagittal"] as const) {
        const turned = reorient(volume, code);
        const { data, ...values } = sliceValues(turned, { axis, index: 1 });
        const { data: pixels, ...image } = sliceImage(turned, { axis, index: 1, window });
        expect(image).toMatchObject(values);
        expect([...data].map((value) => Math.round(value / 2))).toEqual([
          ...pixels.filter((_, n) => n % 4 === 0),
        ]);
      }
    const scaled = volume.with({ scaling: { slope: 2, intercept: -5 } });
    expect(sliceValues(scaled, { index: 0 }).data[0]).toBe(2 * 430 - 5);
  });
});
