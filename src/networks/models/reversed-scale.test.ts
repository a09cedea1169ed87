import { expect, it } from "vitest";
import { reversedScale } from "./reversed-scale.ts";

const batch = (values: readonly number[], mask?: readonly number[], channels = 1) => ({
  data: Float32Array.from(values),
  shape: [1, values.length / channels, 1, channels],
  ...(mask ? { mask: Float32Array.from(mask) } : {}),
});

it("gives the body's values in reverse order, and the other's background outside it", () => {
  const ct = batch([-2, 0.1, 2, -0.2, -2], [0.1, 1, 1, 1, 0]);
  const mr = batch([0.9, 0.02, 0.03, 0.5, 0.2], [1, 0, 0, 1, 1]);
  const { data, shape } = reversedScale(ct, mr);
  expect(shape).toEqual(mr.shape);
  expect([...data].map((v) => Number(v.toFixed(3)))).toEqual([0.03, 0.5, 0.2, 0.9, 0.03]);
});

it("spreads ranks where the bodies differ in size", () => {
  const { data } = reversedScale(batch([4, 3, 2, 1]), batch([1, 2, 9, 9], [1, 1, 0, 0]));
  expect([...data]).toEqual([1, 1, 2, 2]);
});

it("orders by the first channel, and gives each channel its own values", () => {
  const two = batch([1, 10, 2, 20, 3, 30], undefined, 2);
  expect([...reversedScale(batch([5, 4, 6]), two).data]).toEqual([2, 20, 3, 30, 1, 10]);
  expect([...reversedScale(two, batch([5, 4, 6])).data]).toEqual([6, 5, 4]);
});
