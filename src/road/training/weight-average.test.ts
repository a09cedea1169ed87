import { expect, test } from "vitest";
import { withoutTimes } from "../../../test/support/times.ts";
import { discs } from "../../../test/support/toy-run.ts";
import { cpu } from "../../networks/backends/index.ts";
import { UNet } from "../../networks/models/index.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import { memoryRunStore, type RunStore } from "./run-store.ts";
import { Trainer } from "./trainer.ts";
import { WeightAverage } from "./weight-average.ts";

const named = (...values: number[]) => ({ w: { data: Float32Array.from(values), shape: [values.length] } });

test("each step takes its share, early ones a larger one", () => {
  const average = new WeightAverage(0.9, named(0, 100));
  average.add(named(1, 0), 1); // decay 2 / 11
  expect([...average.weights().w!.data]).toEqual([9 / 11, (100 * 2) / 11].map(Math.fround));
  const before = average.weights();
  average.add(named(5, 5), 1000); // decay 0.9
  const [a, b] = [...before.w!.data].map((value) => 0.9 * value + 0.1 * 5) as [number, number];
  expect(average.weights().w!.data[0]).toBeCloseTo(a, 6);
  expect(average.weights().w!.data[1]).toBeCloseTo(b, 5);
  expect(before.w!.data[0]).toBe(Math.fround(9 / 11)); // a copy
});

function trainer(store: RunStore, ema: number, epochs = 2) {
  return new Trainer({
    model: UNet({ baseFilters: 2, levels: 2 }),
    backend: cpu(),
    learningRate: 0.01,
    batchSize: 4,
    epochs,
    ema,
    store,
  });
}

test("the average is what a run validates and keeps, and what it goes on with", async () => {
  const [whole, broken, plain] = [memoryRunStore(), memoryRunStore(), memoryRunStore()];
  for await (const _ of trainer(whole, 0.9).fit(discs));
  for await (const event of trainer(broken, 0.9).fit(discs))
    if (event.type === "step" && event.epoch === 2) break;
  for await (const _ of trainer(broken, 0.9).fit(discs, { resume: true }));
  const last = async (store: RunStore) => (await store.read("last.safetensors"))!;
  expect(withoutTimes(await last(broken))).toEqual(withoutTimes(await last(whole)));

  for await (const _ of trainer(plain, 0).fit(discs));
  const [averaged, other] = [await last(whole), await last(plain)].map((bytes) =>
    decodeCheckpoint(bytes, "last"),
  );
  expect(averaged!.weights).toEqual(other!.weights); // averaging does not change what is learnt
  expect(averaged!.average).not.toEqual(averaged!.weights);
  expect(other!.average).toBeNull();

  const short = memoryRunStore();
  for await (const _ of trainer(short, 0.9, 1).fit(discs));
  const one = decodeCheckpoint(await last(short), "last");
  expect(one.result?.weights).toEqual(one.average);
  expect(one.history[0]!.validation).not.toEqual(other!.history[0]!.validation);
  await expect(async () => {
    for await (const _ of trainer(plain, 0.9).fit(discs, { resume: true }));
  }).rejects.toThrow(/ema/);
});
