import { describe, expect, test } from "vitest";
import { bundleOf, identityModel } from "../../../test/support/identity-model.ts";
import { affineFromSpacing, extract, reorient, Volume } from "../../imaging/volume/index.ts";
import { decodeModel, encodeModel } from "../model-file/index.ts";
import { definePlugin, Registry } from "../plugin/index.ts";
import { Synthesizer } from "../synthesis/index.ts";
import {
  forwardSteps,
  gridAfter,
  Normalizer,
  parsePreparation,
  type Step,
  type StepType,
  stepTypes,
  subjectOf,
  usualSteps,
} from "./index.ts";

const mr = new Volume({
  shape: [9, 7, 5],
  data: Float32Array.from({ length: 315 }, (_, i) => 100 + Math.round(90 * Math.sin(i * i))),
  affine: affineFromSpacing([1, 1, 3]),
  unit: "arbitrary",
});
const { backend, plugins } = identityModel();

/** Intensities times `by`, and outputs divided by it, before the model; written as a plugin's author would. */
function gain(by: number): Step {
  return {
    type: "gain",
    async forward(subject) {
      const inputs = Object.entries(subject.inputs).map(([name, image]) => {
        const data = image.volume.values().map((v) => v * by);
        return [name, { ...image, volume: image.volume.with({ data }), own: true }] as const;
      });
      return { ...subject, inputs: Object.fromEntries(inputs) };
    },
    toJSON: () => ({ type: "gain", by }),
  };
}

/** Leaves out `n` slices at the lower end, and puts air there on the way back. */
function crop(n: number): Step {
  const cut = (volume: Volume) =>
    extract(volume, [0, 0, n], [volume.shape[0], volume.shape[1], volume.shape[2] - n]);
  return {
    type: "crop",
    async forward(subject) {
      const inputs = Object.entries(subject.inputs).map(
        ([name, image]) => [name, { ...image, volume: cut(image.volume), own: true }] as const,
      );
      const { shape, affine } = inputs[0]![1].volume;
      return { ...subject, grid: { shape, affine }, inputs: Object.fromEntries(inputs) };
    },
    async backward(outputs, { shape }) {
      const { ct } = outputs;
      if (ct?.kind !== "ct") return outputs;
      return {
        ...outputs,
        ct: { ...ct, volume: extract(ct.volume, [0, 0, -n], [...shape], { fill: -1000 }) },
      };
    },
    toJSON: () => ({ type: "crop", n }),
  };
}

const gainType: StepType = { type: "gain", parse: ({ by }) => gain(by as number) };
const cropType: StepType = { type: "crop", parse: ({ n }) => crop(n as number) };
const steps = definePlugin({ name: "steps", steps: { gain: gainType, crop: cropType } });

describe("a plugin's step", () => {
  test("runs in the middle of the list, forward and back, out of a model file", async () => {
    const bundle = decodeModel(encodeModel(bundleOf({ steps: [gain(2), crop(2)] })));
    expect(bundle.preparation.steps.map(({ type }) => type)).toEqual([
      "orient",
      "spacing",
      "gain",
      "crop",
      "normalise",
    ]);
    const synthesizer = new Synthesizer(bundle, { backend, plugins: [...plugins, steps] });
    for (const codes of ["RAS", "LPI", "SAR"]) {
      const turned = reorient(mr, codes);
      const sct = reorient((await synthesizer.run(turned)).sct, "RAS");
      for (const [i, v] of sct.data.entries()) expect(v).toBeCloseTo(i < 2 * 63 ? -1000 : 2 * mr.data[i]!, 2);
    }
    expect(mr.data[3]).toBe(100 + Math.round(90 * Math.sin(9)));
  });

  test("without its plugin it is named, by whoever needs it", () => {
    const bundle = decodeModel(encodeModel(bundleOf({ steps: [gain(2)] })));
    const build = () => new Synthesizer(bundle, { backend, plugins });
    expect(build).toThrow(
      'preparation: unknown step "gain"; a newer version of this library or a plugin may know it',
    );
    expect(build).toThrow(expect.objectContaining({ kind: "invalid-file" }));
  });

  test("the registry lists it behind the package's own", () => {
    const registry = new Registry([steps]);
    expect(registry.steps.map(({ name, plugin }) => [name, plugin])).toEqual([
      ...Object.keys(stepTypes).map((name) => [name, "@midash/core"]),
      ["gain", "steps"],
      ["crop", "steps"],
    ]);
    expect(
      () => new Registry([definePlugin({ name: "p", steps: { orient: { ...gainType, type: "orient" } } })]),
    ).toThrow(/both bring a step called "orient"/);
  });
});

test("the order of the list is the order of the steps", async () => {
  const bundle = bundleOf({ steps: [gain(2)] });
  const last = (list: typeof bundle.preparation.steps) => [
    ...list.filter((s) => s.type !== "gain"),
    gain(2).toJSON(),
  ];
  const moved = { ...bundle, preparation: { ...bundle.preparation, steps: last(bundle.preparation.steps) } };
  const at = async (model: typeof bundle) =>
    (await new Synthesizer(model, { backend, plugins: [...plugins, steps] }).run(mr)).sct.data[0];
  // -1000 to 3000 is 0 to 1: twice 100 HU, or twice the 1100 HU above -1000.
  expect(await at(bundle)).toBeCloseTo(2 * mr.data[0]!, 2);
  expect(await at(moved)).toBeCloseTo(2 * (mr.data[0]! + 1000) - 1000, 2);
});

test("a preparation survives JSON; what is no preparation is an invalid file", () => {
  const { preparation: json } = bundleOf({ inputs: ["t1", "t2"] });
  const optional = { ...json, inputs: [{ name: "t1" }, { name: "t2", optional: true }] };
  const read = (value: unknown) => parsePreparation(value, { steps: stepTypes });
  expect(JSON.parse(JSON.stringify(read(optional)))).toEqual(optional);
  for (const [wrong, says] of [
    [undefined, "preparation: there is none"],
    [{ ...json, inputs: [] }, "it names no inputs"],
    [{ ...json, inputs: [{ name: "t1" }, { name: "t1" }] }, "it names an input twice: t1, t1"],
    [{ ...json, steps: [null] }, "it holds no steps"],
    [{ ...json, sampler: undefined }, "not a sampler"],
    [{ ...json, steps: [{ type: "toString" }] }, 'unknown step "toString"'],
  ] as const) {
    expect(() => read(wrong)).toThrow(says);
    expect(() => read(wrong)).toThrow(expect.objectContaining({ kind: "invalid-file" }));
  }
});

test("the grid behind the steps is known without running them", async () => {
  const normalizer = Normalizer.window({ min: 0, max: 1 });
  const list = usualSteps({ spacing: [2, 1, 2], inputs: { mr: normalizer }, target: normalizer });
  for (const volume of [
    reorient(mr, "PIR"),
    mr.with({ affine: [0.8, -0.6, 0, 1, 0.6, 0.8, 0, 2, 0, 0, 3, 3, 0, 0, 0, 1] }),
  ]) {
    const { subject, grids } = await forwardSteps(list, subjectOf({ mr: volume }, [{ name: "mr" }]));
    expect(gridAfter(list, volume)).toEqual(subject.grid);
    expect(grids[0]).toEqual({ shape: volume.shape, affine: volume.affine });
  }
});

test("a missing optional input stays absent, and the grid comes from those that are there", async () => {
  const specs = [{ name: "t1", optional: true }, { name: "t2" }];
  const normalizer = Normalizer.window({ min: 0, max: 1 });
  const list = usualSteps({
    spacing: [1, 1, 3],
    inputs: { t1: normalizer, t2: normalizer },
    target: normalizer,
  });
  const { subject } = await forwardSteps(list, subjectOf({ t2: mr }, specs));
  expect(Object.keys(subject.inputs)).toEqual(["t2"]);
  expect(() => subjectOf({ t1: mr }, specs)).toThrow('needs the input "t2"; given: t1');
  expect(() => subjectOf({}, [specs[0]!])).toThrow("there is no input at all");
});
