import { describe, expect, test } from "vitest";
import { powerFunction } from "./power.ts";

/** Every octave of normal float32 numbers, the ends of steps among them. */
const SIZES = Float32Array.from({ length: 254 * 1500 }, (_, i) => {
  const within = i % 3 === 0 ? Math.floor(i / 3) % 256 : 256 * ((i * 0.618034) % 1);
  return 2 ** (Math.floor(i / 1500) - 126) * (1 + within / 256);
});

describe.each([0.1, 0.5, 0.74, 1, 1.2, 2, 3.5, 8])("to the power of %d", (exponent) => {
  test("as float64 gives it, of either sign", () => {
    const gain = 1.25;
    const raised = SIZES.slice();
    const negative = SIZES.map((v) => -v);
    powerFunction(exponent, gain)(raised);
    powerFunction(exponent, gain)(negative);
    let most = 0;
    let compared = 0;
    for (let i = 0; i < SIZES.length; i++) {
      const exact = gain * SIZES[i]! ** exponent;
      if (exact < 2 ** -126 || exact > 2 ** 127) continue;
      compared++;
      most = Math.max(most, Math.abs(raised[i]! / exact - 1));
      if (negative[i] !== -raised[i]!) expect(negative[i]).toBe(-raised[i]!);
    }
    expect(compared).toBeGreaterThan(20_000);
    expect(most).toBeLessThan(exponent <= 4 ? 6.5e-8 : 2.5e-7); // float32 itself holds 6e-8
  });

  test("0 stays and 1 is the gain", () => {
    const values = Float32Array.of(0, 1, -1, 1e-40);
    powerFunction(exponent, 0.75)(values);
    expect(values).toEqual(Float32Array.of(0, 0.75, -0.75, 0));
  });
});

test("a power of 1 changes no bit", () => {
  const values = SIZES.slice();
  powerFunction(1)(values);
  expect(values).toEqual(SIZES);
});

test("what is not finite does not hide, and a part of an array is changed alone", () => {
  const values = Float32Array.of(4, Number.NaN, Number.POSITIVE_INFINITY, 4);
  powerFunction(0.5)(values.subarray(1));
  expect(values).toEqual(Float32Array.of(4, Number.NaN, Number.NaN, 2));
});
