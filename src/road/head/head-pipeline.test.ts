import { beforeAll, describe, expect, it } from "vitest";
import {
  HEAD_CLASSES,
  HeadLabel,
  headTissueTable,
  parametricHead,
  simulateFromLabels,
} from "../../imaging/phantom/index.ts";
import { reorient, type Volume } from "../../imaging/volume/index.ts";
import { wasm } from "../../networks/backends/index.ts";
import { UNet } from "../../networks/models/index.ts";
import { phantomDataset } from "../data/index.ts";
import { Trainer } from "../training/index.ts";
import { HeadPipeline, headModel } from "./index.ts";

/** The model that ships, on the parametric head: drawn by formulas, of another kind than the maps that it learnt from. */
let head: HeadPipeline;
let mr: Volume;
let ct: Volume;
let brain: Uint8Array;

beforeAll(async () => {
  head = await HeadPipeline.open({ backend: wasm() });
  const labels = await parametricHead({ seed: 5, shape: [92, 108, 88], spacing: [2, 2, 2] });
  const simulated = await simulateFromLabels(labels, headTissueTable(), { seed: 5 });
  mr = simulated.inputs.t1!;
  ct = simulated.ct;
  const tissues: readonly number[] = [
    "greyMatter",
    "deepGrey",
    "cerebellarGrey",
    "whiteMatter",
    "cerebellarWhite",
    "ventricle",
  ].map((name) => HeadLabel[name as keyof typeof HeadLabel]);
  brain = Uint8Array.from(simulated.labels.data, (label) => (tissues.includes(Number(label)) ? 1 : 0));
  return () => head.dispose();
});

function dice(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [both, sum] = [0, 0];
  for (let n = 0; n < a.length; n++) {
    both += a[n]! & b[n]!;
    sum += a[n]! + b[n]!;
  }
  return (2 * both) / sum;
}

it("the model ships with its licence and says that it saw nothing but simulated heads", async () => {
  const { model, licence, provenance, intendedFor } = await headModel();
  expect([model.name, licence, provenance.trainedOn, intendedFor]).toEqual([
    "unet",
    "MIT",
    "simulated heads",
    "heads",
  ]);
  expect(model.config).toMatchObject({ classes: HEAD_CLASSES });
});

describe("HeadPipeline", () => {
  it("gives a CT and labels on the grid of the MR, and how uncertain they are", async () => {
    const { sct, labels, uncertainty, brainMl } = await head.synthesize(mr, { uncertainty: true });
    for (const volume of [sct, labels, uncertainty!])
      expect([volume.shape, volume.affine, volume.simulated, volume.trainedOn]).toEqual([
        mr.shape,
        mr.affine,
        true,
        "simulated heads",
      ]);
    expect([sct.unit, uncertainty!.unit, labels.meta.classes]).toEqual(["HU", "HU", HEAD_CLASSES]);
    const bone = (volume: Volume) => Uint8Array.from(volume.values(), (hu) => (hu > 300 ? 1 : 0));
    expect(dice(bone(sct), bone(ct))).toBeGreaterThan(0.6);
    expect(brainMl).toBeGreaterThan(900);
    expect(brainMl).toBeLessThan(2000);
    // Where it says so, it errs more.
    const unsure = uncertainty!.values();
    const [low, high] = [
      [0, 0],
      [0, 0],
    ];
    for (let n = 0; n < unsure.length; n++) {
      if (ct.data[n]! < -300) continue;
      const half = unsure[n]! < 200 ? low : high;
      half[0]!++;
      half[1]! += Math.abs(sct.values()[n]! - Number(ct.data[n]));
    }
    expect(high[1]! / high[0]!).toBeGreaterThan((2 * low[1]!) / low[0]!);
  });

  it("finds the brain and its tissues, the same however the axes lie", async () => {
    const { mask } = await head.brain(mr);
    expect(dice(mask.data as Uint8Array, brain)).toBeGreaterThan(0.85);
    const usual = await head.tissue(mr);
    expect([usual.contrasts, usual.maskRule]).toEqual([["t1"], "estimated"]);
    const turned = await head.tissue(reorient(mr, "PIR"));
    expect(turned.table.map(({ voxels }) => voxels)).toEqual(usual.table.map(({ voxels }) => voxels));
  });

  it("refuses a CT by the name that it was given, and stops when told", async () => {
    await expect(head.brain(ct, { name: "a.nii" })).rejects.toThrow("a.nii: is a CT in HU");
    await expect(head.brain(mr, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
  });

  it("refuses a model that gives something else", async () => {
    const trainer = new Trainer({
      model: UNet({ baseFilters: 2, levels: 1 }),
      backend: wasm(),
      epochs: 1,
      stepsPerEpoch: 1,
    });
    for await (const _ of trainer.fit(
      phantomDataset({
        subjects: { train: 1, validation: 0, test: 0 },
        shape: [24, 28, 20],
        spacing: [8, 8, 8],
      }),
    ));
    const other = await HeadPipeline.open({ backend: wasm(), model: trainer.result() });
    await expect(other.brain(mr)).rejects.toThrow(
      'the model gives ct, not a CT and the classes of heads as "tissue"',
    );
    other.dispose();
  });
});
