import { describe, expect, test } from "vitest";
import { casesOf, inference, operationsOf, training } from "./cases.ts";

describe("cases of the GPU suite", () => {
  test("operations of the base-64 network at 256² are those that its limits are quoted from", () => {
    const [largest] = casesOf("full").plane;
    const slice = [{ ...largest!, batch: 1 }];
    // 96.2 and 288.5 are quoted for a network that doubles before its convolutions of 1 a side: four times their work.
    const narrow = 4 * 2 * 128 * 64 * 128 ** 2; // alike at each of four levels
    const forward = operationsOf(inference(slice)[0]!)!;
    const all = operationsOf(training(slice)[0]!)!;
    expect((forward + 3 * narrow) / 1e9).toBeCloseTo(96.2, 1);
    expect((all + 9 * narrow) / 1e9).toBeCloseTo(288.5, 0);
  });

  test("each has an id of its own", () => {
    for (const size of ["full", "tiny"] as const) {
      const { checks, plane, space, convolutions, loaded } = casesOf(size);
      const networks = [...plane, ...space];
      const all = [...checks, ...training(networks), ...inference(networks), ...convolutions, loaded];
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    }
  });
});
