import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Volume } from "../../../imaging/volume/index.ts";
import { Normalizer, normalise, type Outputs, type Subject, subjectOf } from "../index.ts";
import { normaliseType } from "./normalise.ts";

const volume = (values: readonly number[], unit: "HU" | "arbitrary" = "arbitrary") =>
  new Volume({ shape: [values.length, 1, 1], data: Float32Array.from(values), unit });
const window = Normalizer.window({ min: -1000, max: 3000, output: [-1, 1] });
const one = (image: Volume): Subject => subjectOf({ mr: image }, [{ name: "mr" }]);

test("inputs and what lies beyond them go to the model's range; other inputs and labels stay", async () => {
  const labels = { kind: "labels" as const, volume: volume([0, 1, 2]), outside: 0 };
  const subject: Subject = {
    ...subjectOf({ t1: volume([10, 20, 30]) }, [{ name: "t1" }]),
    inputs: {
      t1: { volume: volume([10, 20, 30]), outside: 0 },
      t2: { volume: volume([1, 2, 3]), outside: 0 },
    },
    targets: {
      ct: { kind: "ct", volume: volume([-1000, 1000, 3000], "HU"), outside: -1000 },
      tissue: labels,
    },
  };
  const step = normalise({
    inputs: { t1: Normalizer.minmax({ output: [1, 3], clip: false }) },
    targets: { ct: window },
  });
  const { inputs, targets } = await step.forward(subject, {});
  expect([...inputs.t1!.volume.data]).toEqual([1, 2, 3]);
  expect([inputs.t1!.outside, inputs.t1!.volume.unit, inputs.t1!.own]).toEqual([0, "arbitrary", true]);
  expect(inputs.t2).toBe(subject.inputs.t2);
  expect([[...targets.ct!.volume.data], targets.ct!.outside]).toEqual([[-1, 0, 1], -1]);
  expect(targets.tissue).toBe(labels);
  expect([...subject.targets.ct!.volume.data]).toEqual([-1000, 1000, 3000]);
});

test("forward and back is the identity on HU, for any fitted normalizer", async () => {
  const hu = fc.array(fc.integer({ min: -1000, max: 3000 }), { minLength: 1, maxLength: 30 });
  const ranges = fc.tuple(fc.integer({ min: -5, max: 0 }), fc.integer({ min: 1, max: 6 }));
  await fc.assert(
    fc.asyncProperty(hu, ranges, async (values, output) => {
      const step = normalise({
        inputs: {},
        targets: { ct: Normalizer.window({ min: -1000, max: 3000, output }) },
      });
      const ct = volume(values, "HU");
      const subject: Subject = { ...one(ct), targets: { ct: { kind: "ct", volume: ct, outside: -1000 } } };
      const { targets } = await step.forward(subject, {});
      const outputs: Outputs = { ct: { kind: "ct", volume: targets.ct!.volume } };
      const { volume: back } = (await step.backward!(outputs, ct, {})).ct as { readonly volume: Volume };
      expect(back.unit).toBe("HU");
      for (const [i, v] of back.data.entries()) expect(v).toBeCloseTo(values[i]!, 2);
    }),
  );
});

test("back, a spread is scaled without an offset, labels stay", async () => {
  const step = normalise({ inputs: {}, targets: { ct: window } });
  const probabilities = [volume([0.5]), volume([0.5])];
  const back = await step.backward!(
    {
      ct: { kind: "ct", volume: volume([0]) },
      spread: { kind: "scale", of: "ct", volume: volume([0.01]) },
      tissue: { kind: "labels", classes: ["air", "bone"], probabilities },
    },
    volume([0]),
    {},
  );
  expect((back.ct as { volume: Volume }).volume.data[0]).toBe(1000);
  expect((back.spread as { volume: Volume }).volume.data[0]).toBeCloseTo(20, 4);
  expect(back.tissue).toMatchObject({ probabilities });
});

describe("what is overwritten", () => {
  const step = normalise({ inputs: { a: window, b: window }, targets: {} });
  const specs = [{ name: "a" }, { name: "b" }];
  test("an image of a step's own, and nothing that was given or is shared", async () => {
    const [given, own] = [volume([0, 1]), volume([0, 1])];
    const subject = subjectOf({ a: given, b: own }, specs);
    const mixed = { ...subject, inputs: { a: subject.inputs.a!, b: { ...subject.inputs.b!, own: true } } };
    const { inputs } = await step.forward(mixed, {});
    expect(inputs.b!.volume.data).toBe(own.data);
    expect(inputs.a!.volume.data).not.toBe(given.data);
    expect([...given.data]).toEqual([0, 1]);
    const twice = { volume: volume([1000, 1000]), outside: 0, own: true };
    const shared = await step.forward({ ...subject, inputs: { a: twice, b: twice } }, {});
    for (const name of ["a", "b"]) expect([...shared.inputs[name]!.volume.data]).toEqual([0, 0]);
  });
});

test("a constant image is refused where the normalizer must be fitted on it", async () => {
  const flat = volume([7, 7 + 4e-7, 7]);
  const step = (normalizer: Normalizer) => normalise({ inputs: { mr: normalizer }, targets: {} });
  await expect(step(Normalizer.minmax()).forward(one(flat), { where: "case 3" })).rejects.toThrow(
    'case 3: the input "mr" is 7 in every voxel; check that it is the right file',
  );
  await expect(step(window).forward(one(flat), {})).resolves.toBeDefined();
});

test("reads what it writes; refuses a target that can't be turned into HU", () => {
  const step = normalise({ inputs: { mr: Normalizer.percentile() }, targets: { ct: window } });
  expect(normaliseType.parse(step.toJSON()).toJSON()).toEqual(step.toJSON());
  const unfitted = { ...step.toJSON(), targets: { ct: { ...Normalizer.percentile().toJSON() } as never } };
  expect(() => normaliseType.parse(unfitted)).toThrow(/target's normalizer is not fitted/);
  expect(() => normaliseType.parse({ type: "normalise", targets: {} })).toThrow("normalise: names no inputs");
});
