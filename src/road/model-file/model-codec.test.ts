import { describe, expect, test } from "vitest";
import { bundleOf } from "../../../test/support/identity-model.ts";
import { Normalizer, Slicer } from "../preparation/index.ts";
import { planOf, type Step, stepsOf } from "../preparation/preprocess.ts";
import { decodeModel, encodeModel } from "./model-codec.ts";
import { encodeSafetensors } from "./safetensors.ts";

describe("model files", () => {
  test("plan, steps and bundle survive JSON and bytes", () => {
    const bundle = bundleOf({
      inputs: ["t1", "t2"],
      slicer: Slicer.slices({ axis: "coronal", size: [8, 16] }),
    });
    const steps = JSON.parse(JSON.stringify(bundle.preprocess));
    expect(stepsOf(planOf(steps))).toEqual(bundle.preprocess);
    expect(decodeModel(encodeModel(bundle))).toEqual(bundle);
  });

  const steps = bundleOf().preprocess;
  test.each<[string, unknown, RegExp]>([
    ["no steps", undefined, /preprocess/],
    ["a step missing", steps.slice(1), /step "orient" is missing/],
    ["a step from the future", [...steps, { type: "denoise" }], /unknown step "denoise"; a newer version/],
    ["a step that is null", [...steps, null], /preprocess/],
    [
      "another orientation",
      steps.map((s) => (s.type === "orient" ? { ...s, to: "LPS" } : s)),
      /RAS grids only/,
    ],
    [
      "a spacing of 0",
      steps.map((s) => (s.type === "spacing" ? { ...s, spacing: [1, 0, 1] } : s)),
      /spacing must be/,
    ],
    ["no inputs", steps.map((s) => (s.type === "normalise" ? { ...s, inputs: undefined } : s)), /inputs/],
    [
      "a target that can't be turned into HU",
      steps.map((s) => (s.type === "normalise" ? { ...s, target: Normalizer.percentile().toJSON() } : s)),
      /target's normalizer is not fitted/,
    ],
  ])("%s is an invalid file", (_what, preprocess, message) => {
    const bytes = encodeModel({ ...bundleOf(), preprocess: preprocess as Step[] });
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
