import { expect, it } from "vitest";
import { fromHalf, toHalf } from "./half.ts";

it("every half comes back from its float", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, n) => n);
  const numbers = all.filter((half) => (half & 0x7c00) !== 0x7c00 || (half & 0x3ff) === 0);
  expect(toHalf(fromHalf(numbers))).toEqual(numbers);
});

it.each([
  [1, 0x3c00],
  [-2, 0xc000],
  [65504, 0x7bff],
  [65519.99, 0x7bff],
  [65520, 0x7c00], // to infinity
  [1 + 2 ** -11, 0x3c00], // ties to even
  [1 + 3 * 2 ** -11, 0x3c02],
  [2 ** -24, 1],
  [2 ** -25, 0],
  [3 * 2 ** -25, 2],
  [-0, 0x8000],
  [Number.POSITIVE_INFINITY, 0x7c00],
])("%d becomes %d, as numpy.float16 has it", (value, half) => {
  expect([...toHalf(Float32Array.of(value))]).toEqual([half]);
});

it("NaN stays NaN", () => {
  expect(fromHalf(toHalf(Float32Array.of(Number.NaN)))[0]).toBeNaN();
});
