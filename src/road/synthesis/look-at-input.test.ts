import { describe, expect, it } from "vitest";
import { Volume } from "../../imaging/volume/index.ts";
import { lookAtInput } from "./look-at-input.ts";

const mr = new Volume({
  shape: [12, 12, 12],
  data: Float32Array.from({ length: 1728 }, (_, n) => 300 + 200 * Math.sin(n)),
  unit: "arbitrary",
});
const codes = (volume: Volume, input = "mr", intendedFor: "heads" | "any" = "any") =>
  lookAtInput(volume, input, { intendedFor }).map(({ code }) => code);
const said = (meta: object) => mr.with({ meta: { ...meta } });

describe("lookAtInput", () => {
  it("says nothing of an MR of what the model knows", () => {
    expect(codes(mr)).toEqual([]);
    expect(
      codes(said({ modality: "MR", bodyPart: "BRAIN", seriesDescription: "T1 MPRAGE" }), "t1", "heads"),
    ).toEqual([]);
    expect(codes(said({ modality: "MR", bodyPart: "PELVIS" }))).toEqual([]);
  });

  it.each([
    ["another modality", said({ modality: "PT" }), "mr", ["modality"], /is PT as its DICOM says, not MR/],
    ["another part of the body", said({ bodyPart: "PELVIS" }), "mr", ["body-part"], /shows PELVIS/],
    [
      "another sequence",
      said({ seriesDescription: "ax T2w TSE" }),
      "t1",
      ["sequence"],
      /is t2 as its file says.*trained on t1/,
    ],
    [
      "another sequence by its name",
      said({ name: "/t1/sub-01_FLAIR.nii.gz" }),
      "t1",
      ["sequence"],
      /is flair/,
    ],
    [
      "one slice",
      new Volume({ shape: [12, 12, 1], data: mr.data.slice(0, 144) }),
      "mr",
      ["one-slice"],
      /one slice alone/,
    ],
  ] as const)("warns of %s, with the reason", (_, volume, input, expected, words) => {
    expect(codes(volume, input, "heads")).toEqual(expected);
    expect(lookAtInput(volume, input, { intendedFor: "heads" })[0]!.what).toMatch(words);
  });

  it("knows a CT by its values, whatever its file says", () => {
    const hu = Float32Array.from({ length: 1728 }, (_, n) => (n % 2 ? -1000 + (n % 30) : 40 + (n % 20)));
    expect(codes(mr.with({ data: hu }))).toEqual(["modality"]);
  });
});
