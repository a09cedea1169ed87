import { describe, expect, test } from "vitest";
import { withoutTimes } from "../../../test/support/times.ts";
import { discs } from "../../../test/support/toy-run.ts";
import { cpu } from "../../networks/backends/index.ts";
import { losses, optimizers, schedules } from "../../networks/learning/index.ts";
import { CycleGan, Pix2Pix, UNet } from "../../networks/models/index.ts";
import { decodeCheckpoint } from "./checkpoint.ts";
import type { TrainerOptions } from "./options.ts";
import { memoryRunStore, type RunStore } from "./run-store.ts";
import type { TrainEvent } from "./train-event.ts";
import { Trainer } from "./trainer.ts";

type StepEvent = Extract<TrainEvent, { type: "step" }>;

function trainer(store: RunStore, options: Partial<TrainerOptions>): Trainer {
  return new Trainer({
    model: UNet({ baseFilters: 2, levels: 2 }),
    backend: cpu(),
    learningRate: 0.01,
    batchSize: 2,
    epochs: 2,
    patience: 0,
    ...options,
    store,
  });
}

/** A whole run. */
async function run(options: Partial<TrainerOptions>, store = memoryRunStore()) {
  const [steps, of]: [StepEvent[], Trainer] = [[], trainer(store, options)];
  for await (const event of of.fit(discs)) if (event.type === "step") steps.push(event);
  const bytes = (await store.read("last.safetensors"))!;
  return {
    steps,
    history: of.history,
    last: withoutTimes(bytes),
    checkpoint: decodeCheckpoint(bytes, "last"),
  };
}

/** A run that is left after a step of its second epoch, and goes on. */
async function inTwo(options: Partial<TrainerOptions>) {
  const store = memoryRunStore();
  for await (const event of trainer(store, options).fit(discs))
    if (event.type === "step" && event.epoch === 2) break;
  for await (const _ of trainer(store, options).fit(discs, { resume: true }));
  return withoutTimes((await store.read("last.safetensors"))!);
}

describe("several batches make one step", () => {
  test("as one batch that is as large, the rest of an epoch by fewer", async () => {
    const [one, parts] = [await run({ batchSize: 4 }), await run({ accumulate: 2 })];
    expect(parts.steps.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
      [2, 4],
    ]);
    for (const [n, { loss }] of parts.steps.entries()) expect(loss).toBeCloseTo(one.steps[n]!.loss, 4);
    for (const [name, { data }] of Object.entries(one.checkpoint.weights))
      for (const [n, value] of data.entries())
        expect(parts.checkpoint.weights[name]!.data[n]).toBeCloseTo(value, 3);
    const single = await run({ batchSize: 2 });
    expect(single.steps).toHaveLength(6);
    expect(single.checkpoint.weights).not.toEqual(parts.checkpoint.weights);
  });

  test("stepsPerEpoch counts steps, whatever they are made of", async () => {
    const { steps } = await run({ accumulate: 3, stepsPerEpoch: 2, epochs: 1 });
    expect(steps.map(({ step }) => step)).toEqual([1, 2]);
  });

  test.each([
    ["pix2pix", Pix2Pix({ baseFilters: 2, levels: 2, discriminatorFilters: 2 })],
    ["cyclegan", CycleGan({ baseFilters: 2, levels: 2, discriminatorFilters: 2, poolSize: 3 })],
  ] as const)("of %s too, which has two optimizers, and resumes exactly", async (_name, model) => {
    const options = { model, accumulate: 2, ema: 0.9 };
    const whole = await run(options);
    expect(whole.checkpoint.optimizers.steps).toEqual({ generator: 4, discriminator: 4 });
    expect(await inTwo(options)).toEqual(whole.last);
  });
});

test("the terms of a sum are reported by name, in steps and in the history", async () => {
  const loss = losses.sum([
    [1, losses.l1()],
    [{ from: 0, to: 1, epochs: [0, 1] }, losses.gradient()],
    [0.5, losses.bone()],
  ]);
  const { steps, history } = await run({ loss, stepsPerEpoch: 4 });
  for (const [n, { losses: found }] of steps.entries()) {
    expect(Object.keys(found).sort()).toEqual(["bone", "gradient", "l1", "loss"]);
    const share = Math.min(1, n / 4);
    expect(found.loss).toBeCloseTo(found.l1! + share * found.gradient! + 0.5 * found.bone!, 5);
    expect(found.bone).toBeGreaterThan(found.l1!); // bone counts four times
  }
  expect(Object.keys(history[0]!.losses).sort()).toEqual(["bone", "gradient", "l1", "loss"]);
  const gan = await run({
    model: Pix2Pix({ baseFilters: 2, levels: 2, discriminatorFilters: 2 }),
    loss,
    epochs: 1,
  });
  const { losses: named } = gan.steps[0]!;
  expect(named.reconstruction).toBeCloseTo(named.l1! + 0.5 * named.bone!, 4);
  expect(Object.keys(named)).toEqual(expect.arrayContaining(["adversarial", "discriminator", "gradient"]));
});

test.each([
  ["plateau", schedules.warmup({ steps: 2, into: schedules.plateau({ patience: 0, threshold: 0.9 }) })],
  ["cosine", schedules.cosine()],
])("a run along a %s goes on exactly, with weights that ramp and SGD", async (_name, schedule) => {
  const loss = losses.sum([
    [1, losses.l1()],
    [{ from: 0, to: 1, steps: [1, 5] }, losses.laplacian()],
  ]);
  const options = {
    schedule,
    loss,
    epochs: 4,
    optimizer: optimizers.sgd({ momentum: 0.9 }),
    stepsPerEpoch: 2,
  };
  const whole = await run(options);
  expect(await inTwo(options)).toEqual(whole.last);
  const rates = whole.history.map(({ learningRate }) => learningRate);
  if (_name === "plateau") expect(rates).toEqual([0.01 * 0.505, 0.01, 0.005, 0.0025]);
  else expect(rates[3]).toBeCloseTo(0.005 * (1 + Math.cos((Math.PI * 3.5) / 4)), 9);
});
