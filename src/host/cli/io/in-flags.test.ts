import { describe, expect, it } from "vitest";
import { inFlags } from "./in-flags.ts";

describe("inFlags", () => {
  for (const [api, here] of [
    [
      "Metrics.evaluate: 3 voxels of the prediction are NaN or infinite",
      "--prediction: 3 voxels of the prediction are NaN or infinite",
    ],
    ["Trainer: epochs must be positive", "epochs must be positive"],
    ["Metrics.evaluate: in no axial slice", "in no axial slice"],
    [
      "training: the loss became NaN; lower the learning rate, set clipNorm, or look for NaN voxels",
      "training: the loss became NaN; lower --learning-rate, or look for NaN voxels",
    ],
    ["mr.nii: no such file; check the path", "mr.nii: no such file; check the path"],
  ] as const)
    it(`says "${here}"`, () => expect(inFlags(api)).toBe(here));
});
