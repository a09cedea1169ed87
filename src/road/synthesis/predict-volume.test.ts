import { expect, test } from "vitest";
import { bundleOf } from "../../../test/support/identity-model.ts";
import { Volume } from "../../imaging/volume/index.ts";
import type { Model } from "../../networks/models/index.ts";
import {
  backwardSteps,
  forwardSteps,
  parsePreparation,
  type Sampler,
  subjectOf,
} from "../preparation/index.ts";
import { predictVolume } from "./predict-volume.ts";

const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1] as const;
const mr = new Volume({ shape: [4, 3, 5], affine, data: Float32Array.from({ length: 60 }, (_, i) => i) });
const spec = {
  input: { channels: 1, dims: 2, multipleOf: 1 },
  outputs: [{ kind: "ct", name: "ct" }],
} as const;
const preparation = parsePreparation(bundleOf().preparation);
const forwarded = () => forwardSteps(preparation.steps, subjectOf({ mr }, preparation.inputs));

/** A model that computes elsewhere: each batch takes some turns of the event loop. `log` tells what happened when. */
function elsewhere(log: string[], answer = (v: number) => v): Model {
  let calls = 0;
  return {
    async predict(batch) {
      const call = calls++;
      log.push(`start ${call}`);
      for (let turn = 0; turn < 5; turn++) await new Promise((resume) => setTimeout(resume, 0));
      log.push(`end ${call}`);
      const data = batch.data.map(answer);
      return {
        ...batch,
        get data() {
          if (log.at(-1) !== `take ${call}`) log.push(`take ${call}`);
          return data;
        },
      };
    },
    weights: async () => ({}),
    dispose: () => undefined,
  };
}

test("while a batch computes, the next is cut and the one before assembled", async () => {
  const log: string[] = [];
  const { subject, grids } = await forwarded();
  const slicer = preparation.sampler.covering(mr.shape, 1);
  const watched: Sampler = {
    ...slicer,
    channels: (n) => slicer.channels(n),
    size: (shape) => slicer.size(shape),
    grid: (shape) => slicer.grid(shape),
    assembler: (like, options) => slicer.assembler(like, options),
    draw: (weights, random) => slicer.draw(weights, random),
    toJSON: () => slicer.toJSON(),
    covering: () => watched,
    cut(images, places, options) {
      log.push(`cut ${places.map(([slice]) => slice)}`);
      return slicer.cut(images, places, options);
    },
  };
  const how = { batchSize: 2, seed: 0 };
  const outputs = await predictVolume(
    elsewhere(log),
    spec,
    subject,
    { ...preparation, sampler: watched },
    how,
  );
  expect(log).toEqual([
    ...["cut 0,1", "start 0", "cut 2,3", "end 0"],
    ...["start 1", "take 0", "cut 4", "end 1"],
    ...["start 2", "take 1", "end 2", "take 2"],
  ]);
  const { ct } = await backwardSteps(preparation.steps, outputs, grids);
  const { volume: sct } = ct as { readonly volume: Volume };
  expect(sct.unit).toBe("HU");
  for (const [i, v] of sct.data.entries()) expect(v).toBeCloseTo(mr.data[i]!, 3);
  expect(mr.data[59]).toBe(59); // what was given is never written to
});

test("the sCT does not depend on the batch size", async () => {
  const { subject } = await forwarded();
  const run = async (batchSize?: number) => {
    const how = { batchSize, seed: 0 };
    const { ct } = await predictVolume(elsewhere([], Math.sin), spec, subject, preparation, how);
    return (ct as { readonly volume: Volume }).volume.data;
  };
  const data = await run(1);
  for (const batchSize of [2, 3, 5, 8, undefined]) expect(await run(batchSize)).toEqual(data);
});

test("what fails or is cancelled leaves nothing running behind", async () => {
  const { subject } = await forwarded();
  const log: string[] = [];
  const broken = elsewhere(log, (v) => (v < mr.data[30]! / 4000 ? v : Number.NaN));
  await expect(predictVolume(broken, spec, subject, preparation, { batchSize: 1, seed: 0 })).rejects.toThrow(
    "the model gave NaN",
  );
  const count = (what: string) => log.filter((line) => line.startsWith(what)).length;
  expect(count("end")).toBe(count("start")); // the batch after the bad one had begun
  const controller = new AbortController();
  const cancelled: string[] = [];
  const run = predictVolume(elsewhere(cancelled), spec, subject, preparation, {
    batchSize: 1,
    seed: 0,
    signal: controller.signal,
    onProgress: ({ done }) => done === 2 && controller.abort(),
  });
  await expect(run).rejects.toMatchObject({ kind: "aborted" });
  expect(cancelled.filter((line) => !line.startsWith("take"))).toEqual([
    "start 0",
    "end 0",
    "start 1",
    "end 1",
  ]);
});
