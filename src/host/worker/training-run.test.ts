import { expect, it } from "vitest";
import { withoutTimes } from "../../../test/support/times.ts";
import { decodeModel, encodeVolume, phantomSubject } from "../../index.ts";
import { wasm } from "../../networks/backends/wasm/wasm.ts";
import { TrainingRun } from "./training-run.ts";
import type { WorkerTrainEvent, WorkerTrainSettings } from "./training-task.ts";

const backend = wasm({ threads: 1 });
const plain: WorkerTrainSettings = {
  epochs: 2,
  stepsPerEpoch: 2,
  batchSize: 2,
  size: [16, 16],
  seed: 3,
  learningRate: 1e-3,
  modelOptions: { baseFilters: 2, levels: 2 },
};
const settings: WorkerTrainSettings = {
  ...plain,
  subjects: [1, 1, 0],
  phantomShape: [16, 16, 8],
  phantomSpacing: [12, 12, 20],
};

it("trains heads, tells of it, stops, goes on from where it stopped, and gives the same model", async () => {
  const whole = await TrainingRun.open({ settings }, backend);
  const events: WorkerTrainEvent[] = [];
  await whole.fit({ onProgress: (event) => events.push(event) });
  expect(events.map(({ type }) => type).join()).toBe("start,step,step,epoch,step,step,epoch,end");
  const epoch = events.find((event) => event.type === "epoch")!;
  expect([...epoch.preview!.subarray(1, 4)]).toEqual([...new TextEncoder().encode("PNG")]);

  const broken = await TrainingRun.open({ settings }, backend);
  let steps = 0;
  await broken.fit({
    onProgress: ({ type }) => {
      if (type === "step" && ++steps === 3) void broken.stop();
    },
  });
  expect(steps).toBe(3);
  await broken.fit({ resume: true });
  const [a, b] = [await whole.model(), await broken.model()];
  expect(withoutTimes(b)).toEqual(withoutTimes(a));
  expect(decodeModel(a).provenance).toMatchObject({ dataset: expect.stringContaining("phantom"), steps: 4 });
});

it("pairs files by their names and folders, brings a CT onto the MR's grid, and says what lacks its half", async () => {
  const heads = await Promise.all(
    [0, 1].map((subject) => phantomSubject({ seed: 0, subject, shape: [16, 16, 8], spacing: [12, 12, 20] })),
  );
  const file = async (name: string, n: number, what: "t1" | "ct") => {
    const volume = what === "ct" ? heads[n]!.ct : heads[n]!.inputs.t1!;
    return { name, content: await encodeVolume(volume, { format: "nifti" }) };
  };
  const files = [
    await file("a_mr.nii", 0, "t1"),
    await file("a_ct.nii", 0, "ct"),
    await file("b/mr.nii", 1, "t1"),
    await file("b/ct.nii", 1, "ct"),
  ];
  const run = await TrainingRun.open({ settings: { ...plain, epochs: 1 }, files }, backend);
  const told: WorkerTrainEvent[] = [];
  await run.fit({ onProgress: (event) => told.push(event) });
  expect(told[0]).toMatchObject({ type: "start", cases: 1 });
  await expect(TrainingRun.open({ files: files.slice(0, 1) }, backend)).rejects.toThrow(
    /no pair of MR and CT among them: a has no CT; call them ID_mr/,
  );
});

it("refuses settings that have no meaning there, and those that are none", async () => {
  const open = (given: object) => TrainingRun.open({ settings: given as never }, backend);
  await expect(open({ folds: 3 })).rejects.toThrow("a worker trains one model");
  await expect(open({ epoch: 3 })).rejects.toThrow(/unknown setting "epoch".*epochs/);
  await expect(open({ epochs: 0 })).rejects.toThrow(/epochs/);
});
