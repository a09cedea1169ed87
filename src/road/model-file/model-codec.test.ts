import { describe, expect, test } from "vitest";
import { bundleOf } from "../../../test/support/identity-model.ts";
import { Normalizer, parsePreparation, Slicer, stepTypes } from "../preparation/index.ts";
import type { ModelBundle } from "./bundle.ts";
import { decodeModel, encodeModel } from "./model-codec.ts";
import { encodeSafetensors } from "./safetensors.ts";

describe("model files", () => {
  test("preparation and bundle survive JSON and bytes", () => {
    const bundle = bundleOf({
      inputs: ["t1", "t2"],
      slicer: Slicer.slices({ axis: "coronal", size: [8, 16] }),
    });
    const json = JSON.parse(JSON.stringify(bundle.preparation));
    expect(parsePreparation(json, { steps: stepTypes }).toJSON()).toEqual(bundle.preparation);
    expect(decodeModel(encodeModel(bundle))).toEqual(bundle);
  });

  const { preparation } = bundleOf();
  const changed = (type: string, change: object) => ({
    ...preparation,
    steps: preparation.steps.map((s) => (s.type === type ? { ...s, ...change } : s)),
  });
  const unfitted = { ct: Normalizer.percentile().toJSON() };
  test.each<[string, unknown, RegExp]>([
    ["no preparation", undefined, /preparation: there is none/],
    ["no steps", { ...preparation, steps: undefined }, /it holds no steps/],
    ["a step that is null", { ...preparation, steps: [...preparation.steps, null] }, /it holds no steps/],
    ["another orientation", changed("orient", { to: "LPS" }), /RAS grids only/],
    ["a spacing of 0", changed("spacing", { spacing: [1, 0, 1] }), /spacing must be/],
    ["no inputs", { ...preparation, inputs: undefined }, /inputs/],
    [
      "a target that can't be turned into HU",
      changed("normalise", { targets: unfitted }),
      /target's normalizer is not fitted/,
    ],
  ])("%s is an invalid file", (_what, wrong, message) => {
    const bytes = encodeModel({ ...bundleOf(), preparation: wrong as ModelBundle["preparation"] });
    expect(() => decodeModel(bytes)).toThrow(message);
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ kind: "invalid-file" }));
  });

  test.each<[string, object, RegExp]>([
    ["a newer schema", { schema: 2 }, /schema 2/],
    ["no model name", { model: undefined }, /no model name/],
  ])("%s is an invalid file", (_what, change, message) => {
    const bytes = encodeModel({ ...bundleOf(), ...change });
    expect(() => decodeModel(bytes)).toThrow(message);
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ kind: "invalid-file" }));
  });

  test("a checkpoint is told from a model", () => {
    const bytes = encodeSafetensors({
      tensors: {},
      metadata: { format: "midash-checkpoint", checkpoint: "{}" },
    });
    expect(() => decodeModel(bytes, { name: "run/last.safetensors" })).toThrow(
      "run/last.safetensors: is a training checkpoint, not a model; use best.safetensors beside it",
    );
  });
});
