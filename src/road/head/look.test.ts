import { describe, expect, it } from "vitest";
import { noHeads } from "../../../test/verify/no-heads.ts";
import { headTissueTable, parametricHead, simulateFromLabels } from "../../imaging/phantom/index.ts";
import { affineFromSpacing, resample, type Volume } from "../../imaging/volume/index.ts";
import { lookAtHead } from "./index.ts";

const images = new Map(noHeads());

describe("lookAtHead", () => {
  it.each([
    ["ct", "is a CT in HU"],
    ["ct, unit unknown", "has the values of a CT in HU"],
    ["empty", "shows nothing"],
    ["constant", "shows nothing"],
    ["noise", "is noise"],
    ["one slice", "covers 256×256×5 mm in 256×256×1 voxels"],
    ["slab of 20 mm", "covers 256×256×20 mm"],
    ["head of a mouse", "covers 16×16×14 mm"],
  ])("refuses: %s", (name, says) => {
    expect(() => lookAtHead(images.get(name)!, "a.nii")).toThrow(`a.nii: ${says}`);
  });

  it("refuses what is too small for a head", () => {
    const block = images.get("phantom block")!;
    const small = block.with({ affine: affineFromSpacing([1.2, 1.2, 1.2]) });
    expect(() => lookAtHead(small)).toThrow(/measures \d+ mm from left to right, too little for a head/);
  });

  it("takes a head of any contrast, and warns of thick slices", async () => {
    const labels = await parametricHead({ seed: 5, shape: [48, 56, 46], spacing: [4, 4, 4] });
    const { inputs } = await simulateFromLabels(labels, headTissueTable(), {
      seed: 5,
      contrasts: ["t1", "t2", "flair", "pd"],
    });
    for (const mr of Object.values(inputs)) {
      expect(lookAtHead(mr)).toEqual([]);
      for (const [scale, shift] of [
        [2, 500],
        [1, -300],
        [0.001, 7],
      ] as const)
        expect(lookAtHead(mr.with({ data: mr.values().map((v) => scale * v + shift) }))).toEqual([]);
    }
    const thick: Volume = resample(inputs.t1!, { spacing: [4, 4, 7] });
    expect(lookAtHead(thick)).toEqual([expect.stringContaining("Voxels are 7.0 mm thick")]);
  });
});
