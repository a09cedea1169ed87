import { describe, expect, test } from "vitest";
import { affineFromSpacing, type Triple, Volume, type WorldAxis } from "../../imaging/volume/index.ts";
import type { Outputs } from "../preparation/index.ts";
import { draws } from "./draws.ts";
import { ensemble } from "./ensemble.ts";
import { flips } from "./flips.ts";
import type { Prediction, Predictor } from "./predictor.ts";

const shape: Triple = [4, 3, 2];
const mr = new Volume({
  shape,
  data: Float32Array.from({ length: 24 }, (_, i) => (i * 7) % 11),
  affine: affineFromSpacing([1, 1, 1]),
  unit: "arbitrary",
});

/** Gives what `make` makes of each voxel (its index, its value, the seed) as HU, and two classes. */
function fake(make: (value: number, index: number, seed: number | string) => number, name = "ct"): Predictor {
  return {
    inputs: [{ name: "mr" }],
    facts: {
      models: ["fake"],
      trainedOn: "patients",
      intendedFor: "any",
      background: { outside: "keep", margin: 0 },
    },
    async predict(inputs, { seed, onProgress }): Promise<Prediction> {
      const values = inputs.mr!.values();
      const volume = inputs.mr!.with({ data: values.map((v, i) => make(v, i, seed)), unit: "HU" });
      const share = inputs.mr!.with({ data: values.map((v) => v / 11) });
      const rest = inputs.mr!.with({ data: values.map((v) => 1 - v / 11) });
      onProgress?.({ done: 1, total: 1 });
      const outputs: Outputs = {
        [name]: { kind: "ct", volume },
        tissue: { kind: "labels", classes: ["a", "b"], probabilities: [rest, share] },
      };
      return { outputs, spread: {}, backend: "none", passedOver: [], resampled: false };
    },
    dispose: () => undefined,
  };
}

const valuesOf = ({ outputs }: Prediction) => {
  const { ct } = outputs;
  return ct?.kind === "ct" ? [...ct.volume.values()] : [];
};

describe("ensemble", () => {
  test("gives the mean of its members, and how far they lie apart", async () => {
    const found = await ensemble([fake((v) => v), fake((v) => v + 3), fake((v) => v - 3)]).predict(
      { mr },
      { seed: 0 },
    );
    for (const [i, v] of valuesOf(found).entries()) expect(v).toBeCloseTo(mr.data[i]!, 5);
    for (const sd of found.spread.ct!.values()) expect(sd).toBeCloseTo(Math.sqrt((0 + 9 + 9) / 3), 5);
  });

  test("the spread of means adds to the members' own", async () => {
    const pair = (offset: number) => ensemble([fake((v) => v + offset + 1), fake((v) => v + offset - 1)]);
    const found = await ensemble([pair(2), pair(-2)]).predict({ mr }, { seed: 0 });
    for (const sd of found.spread.ct!.values()) expect(sd).toBeCloseTo(Math.sqrt(1 + 4), 5);
  });

  test("members that give different outputs are refused", async () => {
    const odd = ensemble([fake((v) => v), fake((v) => v, "other")]);
    await expect(odd.predict({ mr }, { seed: 0 })).rejects.toThrow(
      /ensemble: the members differ in their outputs/,
    );
    expect(() => ensemble([])).toThrow("ensemble: an ensemble needs at least one member");
  });

  test("an input that one member can't do without is needed", () => {
    const optional: Predictor = {
      ...fake((v) => v),
      inputs: [{ name: "mr" }, { name: "t2", optional: true }],
    };
    const needed: Predictor = { ...fake((v) => v), inputs: [{ name: "mr" }, { name: "t2" }] };
    expect(ensemble([optional, fake((v) => v)]).inputs.at(-1)).toEqual({ name: "t2", optional: true });
    expect(ensemble([optional, needed]).inputs.at(-1)).toEqual({ name: "t2" });
  });
});

describe("flips", () => {
  test.each<[readonly WorldAxis[]]>([[["x"]], [["y"]], [["x", "y", "z"]]])(
    "a model that works voxel by voxel gives the same mirrored along %j",
    async (axes) => {
      const found = await flips(
        fake((v) => 2 * v),
        axes,
      ).predict({ mr }, { seed: 0 });
      for (const [i, v] of valuesOf(found).entries()) expect(v).toBeCloseTo(2 * mr.data[i]!, 5);
      expect(Math.max(...found.spread.ct!.values())).toBeLessThan(1e-4);
      const { tissue } = found.outputs;
      const share = tissue?.kind === "labels" ? tissue.probabilities[1]!.values() : [];
      for (const [i, v] of [...share].entries()) expect(v).toBeCloseTo(mr.data[i]! / 11, 5);
    },
  );

  test("one that prefers a side is evened out", async () => {
    const found = await flips(fake((_, i) => i % 4)).predict({ mr }, { seed: 0 });
    expect(new Set(valuesOf(found))).toEqual(new Set([1.5]));
    expect([...found.spread.ct!.values()].slice(0, 4)).toEqual([1.5, 0.5, 0.5, 1.5]);
  });

  test("turned grids are mirrored in the world", async () => {
    const turned = mr.with({ affine: [0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }); // i runs along y
    const found = await flips(fake((_, i) => i % 4)).predict({ mr: turned }, { seed: 0 });
    expect(valuesOf(found)).toEqual(Array.from({ length: 24 }, (_, i) => i % 4)); // x lies along j here
  });
});

describe("draws", () => {
  test("have seeds of their own, the first that of a single one", async () => {
    const seeds: (number | string)[] = [];
    const one = fake((v, i, seed) => {
      if (i === 0) seeds.push(seed);
      return v + seeds.length;
    });
    const steps: number[] = [];
    await draws(one, 3).predict(
      { mr },
      { seed: 5, onProgress: ({ done, total }) => steps.push(done / total) },
    );
    expect(seeds).toEqual([5, "5/draw/1", "5/draw/2"]);
    expect(steps).toEqual([1 / 3, 2 / 3, 1]);
    expect(draws(one, 1)).toBe(one);
  });
});
