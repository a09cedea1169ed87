import { describe, expect, test } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { withoutTimes } from "../../../test/support/times.ts";
import { discs, toyRun } from "../../../test/support/toy-run.ts";
import { wasm } from "../../networks/backends/index.ts";
import { UNet } from "../../networks/models/index.ts";
import { augmentations, batchSources, type Case, Dataset } from "../data/index.ts";
import { decodeSafetensors } from "../model-file/index.ts";
import type { FitOptions } from "./fit-options.ts";
import type { TrainerOptions } from "./options.ts";
import { memoryRunStore, type RunStore } from "./run-store.ts";
import type { TrainEvent } from "./train-event.ts";
import { Trainer } from "./trainer.ts";

/** Six steps an epoch. */
const slow = { batchSize: 1, epochs: 3 } as const;

async function train(
  store: RunStore,
  options: Partial<TrainerOptions> = {},
  fit: FitOptions = {},
  on = discs,
) {
  const trainer = new Trainer({ ...toyRun(), ...slow, store, ...options });
  const events: TrainEvent[] = [];
  for await (const event of trainer.fit(on, fit)) events.push(event);
  return { trainer, events };
}

async function left(store: RunStore): Promise<object> {
  const names = (await store.list()).filter((name) => name !== "previous.safetensors");
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, withoutTimes((await store.read(name))!)])),
  );
}

async function unbroken(options: Partial<TrainerOptions> = {}, fit: FitOptions = {}) {
  const store = memoryRunStore();
  await train(store, options, fit);
  return left(store);
}

const start = (events: readonly TrainEvent[]) => events[0] as Extract<TrainEvent, { type: "start" }>;
const steps = (events: readonly TrainEvent[]) => events.flatMap((e) => (e.type === "step" ? [e.step] : []));

describe("a run that ends within an epoch goes on from its very step", () => {
  test.each(["left", "aborted", "aborted in validation", "stopped", "ended by its data"] as const)(
    "%s",
    async (how) => {
      const wanted = await unbroken();
      for (let at = 1; at <= 18; at++) {
        const store = memoryRunStore();
        const stop = new AbortController();
        let done = 0;
        const fit: FitOptions = {
          signal: stop.signal,
          steer: ({ step }) => (how === "stopped" && step === at ? { stop: true } : undefined),
        };
        const watch = how === "aborted in validation" && {
          name: "stops",
          unit: "",
          better: "lower" as const,
          of: async () => {
            if (done >= at) stop.abort();
            return 1;
          },
        };
        const failing = how === "ended by its data" && {
          name: "fails",
          open: (context: Parameters<typeof batchSources.paired.open>[0]) => ({
            async *epoch(...given: Parameters<ReturnType<typeof batchSources.paired.open>["epoch"]>) {
              for await (const batch of batchSources.paired.open(context).epoch(...given)) {
                if (done >= at) throw new Error("unreadable");
                yield batch;
              }
            },
          }),
        };
        const trainer = new Trainer({
          ...toyRun(),
          ...slow,
          store,
          ...(watch ? { watch } : {}),
          ...(failing ? { batches: failing } : {}),
        });
        const ended = (async () => {
          for await (const event of trainer.fit(discs, fit)) {
            if (event.type === "step") done = event.step;
            if (event.type !== "step" || event.step !== at) continue;
            if (how === "left") break;
            if (how === "aborted") stop.abort();
          }
        })();
        await ended.catch((error) => expect(String(error)).toMatch(/cancelled|unreadable/));
        if (how === "aborted in validation") {
          const resumed = await train(
            store,
            { watch: { name: "stops", unit: "", better: "lower", of: () => 1 } },
            { resume: true },
          );
          expect([start(resumed.events).step, steps(resumed.events)[0]]).toEqual([
            6 * Math.ceil(at / 6),
            at <= 12 ? 6 * Math.ceil(at / 6) + 1 : undefined,
          ]);
          continue;
        }
        const resumed = await train(
          store,
          failing ? { batches: { ...batchSources.paired, name: "fails" } } : {},
          { resume: true },
        );
        expect([start(resumed.events).step, steps(resumed.events)]).toEqual([
          at,
          Array.from({ length: 18 - at }, (_, n) => at + n + 1),
        ]);
        const got = await left(store);
        if (!failing) expect(got, String(at)).toEqual(wanted);
        else expect(weightsIn(got)).toEqual(weightsIn(wanted));
      }
    },
  );

  const weightsIn = (files: object) =>
    Object.values(files).map(({ tensors }: ReturnType<typeof withoutTimes>) => tensors);

  test("with a real network, its moving average, batch norm, a schedule and several groups of cases: bit for bit", async () => {
    const options = {
      model: UNet({ baseFilters: 2, levels: 2, norm: "batch" }),
      backend: wasm(),
      ema: 0.9,
      schedule: "cosine",
      learningRate: 0.01,
      augmentations: [augmentations.flip(), augmentations.intensity()],
      memory: 1,
      batchSize: 2,
      stepsPerEpoch: 5, // more than one pass
    } as const;
    const store = memoryRunStore();
    const wanted = await unbroken(options);
    for (let at = 2; at <= 14; at += 3) {
      for await (const event of new Trainer({ ...toyRun(), ...slow, ...options, store }).fit(discs, {
        resume: at > 2,
      }))
        if (event.type === "step" && event.step === at) break;
    }
    await train(store, options, { resume: true });
    expect(await left(store)).toEqual(wanted);
  });

  test("a checkpoint falls every so many minutes, or never within an epoch", async () => {
    const writes = async (checkpointMinutes: number) => {
      const store = memoryRunStore();
      let count = 0;
      const write: RunStore["write"] = async (name, ...rest) => {
        if (name === "last.safetensors") count++;
        await store.write(name, ...rest);
      };
      await train({ ...store, write }, { checkpointMinutes });
      return count;
    };
    expect(await writes(0)).toBe(3);
    expect(await writes(10)).toBe(3);
    expect(await writes(1e-9)).toBe(18 + 3);
  });
});

describe("steering", () => {
  test("a learning rate that is set is what the schedule multiplies, is recorded at once, and a resumed run repeats it", async () => {
    const model = UNet({ baseFilters: 2, levels: 2 });
    const options = { model, backend: wasm(), learningRate: 0.01, schedule: "cosine", epochs: 2 } as const;
    const steer: FitOptions["steer"] = ({ step }) => (step === 4 ? { learningRate: 0.002 } : undefined);
    const steered = memoryRunStore();
    const { trainer } = await train(steered, options, { steer });
    expect(trainer.history.map(({ learningRate }) => learningRate)).toEqual([0.002, 0.001]);
    const wanted = await left(steered);
    expect(JSON.stringify(wanted)).toContain('"changes":[{"step":4,"learningRate":0.002}]');
    expect(wanted).not.toEqual(await unbroken(options));
    // Killed (no checkpoint at leaving) right after the step with the new rate.
    const store = memoryRunStore();
    let killed = false;
    const mortal = {
      ...store,
      write: async (...given: Parameters<RunStore["write"]>) => {
        if (!killed) await store.write(...given);
      },
    };
    for await (const event of new Trainer({ ...toyRun(), ...slow, ...options, store: mortal }).fit(discs, {
      steer,
    }))
      if (event.type === "step" && event.step === 5) {
        killed = true;
        break;
      }
    const resumed = await train(store, options, { resume: true });
    expect(start(resumed.events).step).toBe(4);
    expect(await left(store)).toEqual(wanted);
  });

  test("a rate that is no positive number is refused, and the run stays as it was", async () => {
    const store = memoryRunStore();
    const error = await errorOf(
      train(store, {}, { steer: ({ step }) => (step === 3 ? { learningRate: -1 } : undefined) }),
    );
    expect([error.kind, error.message]).toEqual([
      "invalid-argument",
      "steer: learningRate: must be positive, got -1",
    ]);
    const { events } = await train(store, {}, { resume: true });
    expect(start(events).step).toBe(3);
  });

  test("stop ends with its reason; before the first epoch ended there is no result", async () => {
    const store = memoryRunStore();
    const { trainer, events } = await train(store, {}, { steer: ({ step }) => ({ stop: step === 2 }) });
    expect(events.at(-1)).toEqual({
      type: "end",
      reason: "stopped",
      epochs: 0,
      best: { epoch: 0, validation: null },
    });
    expect(() => trainer.result()).toThrow("no epoch has ended yet");
    expect(await store.list()).toEqual(["last.safetensors"]);
  });
});

describe("a loss that is no finite number", () => {
  const [first, second] = discs.train as [Case, Case];
  const two = new Dataset({ train: [first, { ...second, id: "bad" }], validation: [], test: [] });
  const options = {
    model: UNet({ baseFilters: 2, levels: 2 }),
    backend: wasm(),
    batchSize: 2,
    epochs: 3,
  } as const;

  test("stops the run, keeps the batch and the weights, and says whose samples they are", async () => {
    const store = memoryRunStore();
    const source = {
      name: "poisoned",
      open: (context: Parameters<typeof batchSources.paired.open>[0]) => ({
        async *epoch(...given: Parameters<ReturnType<typeof batchSources.paired.open>["epoch"]>) {
          let n = 0;
          for await (const batch of batchSources.paired.open(context).epoch(...given)) {
            if (given[0] === 1 && n++ === 1) batch.input.data[5] = Number.NaN;
            yield batch;
          }
        },
      }),
    };
    const error = await errorOf(
      train(store, { ...options, batches: source, checkpointMinutes: 1e-9 }, {}, two),
    );
    expect(error.kind).toBe("invalid-argument");
    expect(error.message).toMatch(
      /^nan-batch\.safetensors: the loss is NaN in step 5 on samples of (case 0, bad|bad, case 0|bad|case 0); 1 of the batch's values are no finite numbers; this file holds the batch and the weights; look at these cases/,
    );
    const { tensors, metadata } = decodeSafetensors((await store.read("nan-batch.safetensors"))!);
    const facts = JSON.parse(metadata.batch!);
    expect(facts).toMatchObject({ step: 5, epoch: 2, batch: 2, loss: "the loss is NaN", model: "unet" });
    expect(facts.samples).toHaveLength(2);
    expect(facts.samples[0]).toMatchObject({
      case: expect.stringMatching(/case 0|bad/),
      place: [expect.any(Number), 0, 0],
    });
    expect(tensors.input!.shape).toEqual([2, 12, 12, 1]);
    expect(tensors.input!.data[5]).toBeNaN();
    expect(Object.keys(tensors)).toEqual(
      expect.arrayContaining(["input.mask", "targets/ct", "targets/ct.mask"]),
    );
    // The weights before the step are those of the checkpoint, which stands.
    const last = decodeSafetensors((await store.read("last.safetensors"))!).tensors;
    const own = Object.keys(tensors).filter((name) => name.startsWith("weights/"));
    expect(own.length).toBeGreaterThan(4);
    for (const name of own) expect([name, tensors[name]]).toEqual([name, last[name]]);
    await train(
      store,
      { ...options, batches: { ...batchSources.paired, name: "poisoned" } },
      { resume: true },
      two,
    );
    expect(await store.list()).toContain("best.safetensors");
  });

  test("weights that blew up are told from data that is wrong", async () => {
    const error = await errorOf(train(memoryRunStore(), { ...options, learningRate: 1e38 }));
    expect(error.message).toMatch(
      /(weights were no finite numbers any more after the step before|grew beyond all bounds); this file .* with a lower learningRate/,
    );
  });
});

describe("keepBest", () => {
  const values = [5, 3, 4, 6, 2, 7];
  const epochs = values.length;

  async function kept(keepBest: number, better: "lower" | "higher"): Promise<string[]> {
    const store = memoryRunStore();
    let n = 0;
    const watch = { name: "Likeness (all)", unit: "", better, of: () => values[n++]! };
    await train(store, { watch, keepBest, epochs, patience: 0 });
    return (await store.list()).filter((name) => !/^(last|previous)/.test(name));
  }

  test("keeps a model file of each of the best epochs, with the value in its name", async () => {
    expect(await kept(0, "lower")).toEqual(["best.safetensors"]);
    expect(await kept(3, "lower")).toEqual([
      "best.safetensors",
      "epoch-0002-likeness_all_-3.safetensors",
      "epoch-0003-likeness_all_-4.safetensors",
      "epoch-0005-likeness_all_-2.safetensors",
    ]);
    expect(await kept(2, "higher")).toEqual([
      "best.safetensors",
      "epoch-0004-likeness_all_-6.safetensors",
      "epoch-0006-likeness_all_-7.safetensors",
    ]);
  });

  test("a run started anew over an old one removes the old one's", async () => {
    const store = memoryRunStore();
    await train(store, { keepBest: 2, seed: 9 });
    const before = (await store.list()).filter((name) => name.startsWith("epoch"));
    expect(before).toHaveLength(2);
    await train(store, { epochs: 1 });
    expect((await store.list()).filter((name) => name.startsWith("epoch"))).toEqual([]);
  });
});
