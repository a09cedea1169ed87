import { assert } from "../../base/errors/index.ts";
import { mirrored, type WorldAxis } from "../../imaging/volume/index.ts";
import { averaged, type Member, mapOutputs } from "./combine.ts";
import type { Predictor } from "./predictor.ts";

/**
 * Asks a predictor once for each way of mirroring along the axes (2, 4 or 8 times), and averages: test-time augmentation. Heads are
 * nearly the same left and right, so `["x"]` suits models of them; a model should have seen mirrored images in training.
 *
 * @param axes of the world: x runs left to right, y from back to front, z from feet to head
 * @throws MidashError `invalid-argument` for no axis, or one twice
 */
export function flips(predictor: Predictor, axes: readonly WorldAxis[] = ["x"]): Predictor {
  assert(
    axes.length > 0 && new Set(axes).size === axes.length,
    `axes must be named once each, got [${axes}]`,
    {
      where: { call: "flips" },
      hint: 'e.g. ["x"]',
    },
  );
  assert(
    axes.every((axis) => ["x", "y", "z"].includes(axis)),
    `axes are x, y and z, got [${axes}]`,
    {
      where: { call: "flips" },
    },
  );
  return {
    inputs: predictor.inputs,
    facts: predictor.facts,
    predict(inputs, how) {
      const members = subsets(axes).map(
        (mirror): Member =>
          async (each) => {
            const flip = (volume: (typeof inputs)[string]) => mirror.reduce(mirrored, volume);
            const given = Object.fromEntries(
              Object.entries(inputs).map(([name, volume]) => [name, flip(volume)]),
            );
            const prediction = await predictor.predict(given, each);
            const spread = Object.entries(prediction.spread).map(
              ([name, volume]) => [name, flip(volume)] as const,
            );
            return {
              ...prediction,
              outputs: mapOutputs(prediction.outputs, flip),
              spread: Object.fromEntries(spread),
            };
          },
      );
      return averaged(members, how);
    },
    dispose: () => predictor.dispose(),
  };
}

/** All subsets, the empty one first. */
function subsets<T>(items: readonly T[]): T[][] {
  return Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_, n) => (bits >> n) & 1));
}
