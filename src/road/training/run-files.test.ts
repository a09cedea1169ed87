import { describe, expect, test } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { withoutTimes } from "../../../test/support/times.ts";
import { discs, toyRun } from "../../../test/support/toy-run.ts";
import { schedules } from "../../networks/learning/index.ts";
import { decodeModel } from "../model-file/index.ts";
import type { FitOptions } from "./fit-options.ts";
import type { TrainerOptions } from "./options.ts";
import type { RunStore } from "./run-store.ts";
import type { TrainEvent } from "./train-event.ts";
import { Trainer } from "./trainer.ts";

/** Thrown by a store whose process was killed. */
class Killed extends Error {}

/** A store that dies at its n-th instant: each operation has one before and one after, `keep` one between its two renames. */
function mortalStore(files: Map<string, Uint8Array>, life = Number.POSITIVE_INFINITY) {
  let instants = 0;
  const instant = () => {
    if (++instants >= life) throw new Killed();
  };
  async function around<T>(work: () => T): Promise<T> {
    instant();
    const result = work();
    instant();
    return result;
  }
  const store: RunStore = {
    write: (name, bytes, { keep } = {}) =>
      around(() => {
        const old = files.get(name);
        if (keep !== undefined && old) {
          files.set(keep, old);
          files.delete(name);
          instant();
        }
        files.set(name, bytes.slice());
      }),
    read: (name) => around(() => files.get(name)?.slice()),
    list: () => around(() => [...files.keys()].sort()),
    remove: (name) => around(() => void files.delete(name)),
  };
  return { store, instants: () => instants };
}

async function train(store: RunStore, options: Partial<TrainerOptions> = {}, fit: FitOptions = {}) {
  const trainer = new Trainer({ ...toyRun(), store, ...options });
  const events: TrainEvent[] = [];
  for await (const event of trainer.fit(discs, fit)) events.push(event);
  return { trainer, events };
}

const start = ({ events }: { events: TrainEvent[] }) => events[0] as Extract<TrainEvent, { type: "start" }>;

/** All that a run leaves, but for times and the checkpoint before the last. */
const left = (files: Map<string, Uint8Array>) =>
  Object.fromEntries(
    [...files].flatMap(([name, bytes]) =>
      name === "previous.safetensors" ? [] : [[name, withoutTimes(bytes)]],
    ),
  );

const unbroken = new Map<string, Uint8Array>();
const whole = await train(mortalStore(unbroken).store);
const bestEpochs = whole.events.flatMap((e) => (e.type === "epoch" && e.best ? [e.epoch] : []));

test("the run under test has epochs that are the best and epochs that are not", () => {
  expect(bestEpochs[0]).toBe(1);
  expect(bestEpochs.length).toBeGreaterThan(1);
  expect(bestEpochs.length).toBeLessThan(6);
});

test.each([
  ["that saves at the end of epochs", { epochs: 6 }, 20],
  ["that saves each step and keeps the best two", { epochs: 3, checkpointMinutes: 1e-9, keepBest: 2 }, 40],
] as const)(
  "killed at any instant of the store, once and again while resuming, a run %s ends as it would have",
  async (_what, options, least) => {
    const unbroken = new Map<string, Uint8Array>();
    const { store, instants } = mortalStore(unbroken);
    await train(store, options);
    expect(instants()).toBeGreaterThan(least);
    for (let life = 1; life <= instants(); life++) {
      const files = new Map<string, Uint8Array>();
      await expect(train(mortalStore(files, life).store, options)).rejects.toThrow(Killed);
      // Every file that is there is whole, and the result on offer is the one that the checkpoint speaks of.
      const broken = new Map(files);
      const trainer = new Trainer({ ...toyRun(), ...options, store: mortalStore(broken).store });
      for await (const event of trainer.fit(discs, { resume: true })) {
        expect(event).toMatchObject({ type: "start", warnings: [] });
        const { epoch } = event as { epoch: number };
        if (epoch > 0) {
          const best = bestEpochs.filter((e) => e <= epoch).at(-1);
          expect(trainer.result().provenance.epochs).toBe(best);
          expect(decodeModel(broken.get("best.safetensors")!)).toEqual(trainer.result());
        }
        break;
      }
      // Killed again at each of the first instants of the resumed run, which mends and goes on.
      for (let second = 1; second <= 9; second += 2) {
        const twice = new Map(files);
        // Near the end too few instants are left to die at.
        await train(mortalStore(twice, second).store, options, { resume: true }).catch((error) => {
          if (!(error instanceof Killed)) throw error;
        });
        await train(mortalStore(twice).store, options, { resume: true });
        expect(left(twice), `${life}, ${second}`).toEqual(left(unbroken));
      }
    }
  },
);

describe("damage", () => {
  const damages: [string, (bytes: Uint8Array) => Uint8Array][] = [
    ["cut short", (b) => b.slice(0, b.length - 3)],
    ["cut to nothing", () => new Uint8Array()],
    ["with a flipped bit in its last weight", (b) => flipped(b, b.length - 1)],
    ["with a flipped bit in its header", (b) => flipped(b, 40)],
    ["with another byte behind it", (b) => Uint8Array.of(...b, 0)],
  ];
  const flipped = (b: Uint8Array, at: number) => b.map((byte, i) => (i === at ? byte ^ 1 : byte));

  /** The files of a run torn off after its fourth epoch. */
  async function torn(): Promise<Map<string, Uint8Array>> {
    const files = new Map<string, Uint8Array>();
    const trainer = new Trainer({ ...toyRun(), store: mortalStore(files).store });
    for await (const event of trainer.fit(discs)) if (event.type === "epoch" && event.epoch === 4) break;
    expect([...files.keys()].sort()).toEqual([
      "best.safetensors",
      "last.safetensors",
      "previous.safetensors",
    ]);
    return files;
  }

  test.each(damages)(
    "a last checkpoint %s: the run says so, goes on from the one before, and ends the same",
    async (_what, damage) => {
      const files = await torn();
      files.set("last.safetensors", damage(files.get("last.safetensors")!));
      const resumed = await train(mortalStore(files).store, {}, { resume: true });
      expect(start(resumed)).toMatchObject({
        epoch: 3,
        warnings: ["last.safetensors: is damaged; going on from previous.safetensors, after epoch 3"],
      });
      expect(left(files)).toEqual(left(unbroken));
    },
  );

  test.each(damages)(
    "both checkpoints %s: one error that names them, and nothing is written",
    async (_what, damage) => {
      const files = await torn();
      for (const name of ["last.safetensors", "previous.safetensors"])
        files.set(name, damage(files.get(name)!));
      const before = new Map(files);
      const error = await errorOf(train(mortalStore(files).store, {}, { resume: true }));
      expect(error.kind).toBe("invalid-file");
      expect(error.message).toBe(
        "last.safetensors and previous.safetensors: damaged, and there is no other checkpoint to go on from; " +
          "start again in another folder; best.safetensors, if it is whole, still works as a model",
      );
      expect(files).toEqual(before);
    },
  );

  test.each(damages)("best.safetensors %s is written again", async (_what, damage) => {
    const files = await torn();
    const best = files.get("best.safetensors")!;
    files.set("best.safetensors", damage(best));
    for await (const event of new Trainer({ ...toyRun(), store: mortalStore(files).store }).fit(discs, {
      resume: true,
    })) {
      expect(event).toMatchObject({ epoch: 4, warnings: ["best.safetensors: was damaged; written again"] });
      break;
    }
    expect(files.get("best.safetensors")).toEqual(best);
  });

  test("a damaged last checkpoint is never kept as the one before", async () => {
    const files = await torn();
    files.set("last.safetensors", new Uint8Array(9));
    const previous = files.get("previous.safetensors")!;
    const trainer = new Trainer({ ...toyRun(), store: mortalStore(files).store });
    for await (const event of trainer.fit(discs, { resume: true })) if (event.type === "epoch") break;
    expect(files.get("previous.safetensors")).toEqual(previous);
  });

  test("a result without any checkpoint is not trained over", async () => {
    const files = await torn();
    for (const name of ["last.safetensors", "previous.safetensors"]) files.delete(name);
    const error = await errorOf(train(mortalStore(files).store, {}, { resume: true }));
    expect([error.kind, error.message]).toEqual([
      "not-found",
      "best.safetensors: a result without a checkpoint, so nothing to go on from; use it as a model, and start a run in another folder",
    ]);
  });
});

test("a run started anew over an old one forgets the old one's checkpoints", async () => {
  const files = new Map<string, Uint8Array>();
  await train(mortalStore(files).store, { seed: 6 });
  const trainer = new Trainer({ ...toyRun(), store: mortalStore(files).store });
  for await (const event of trainer.fit(discs)) if (event.type === "epoch") break;
  expect([...files.keys()].sort()).toEqual(["best.safetensors", "last.safetensors"]);
  await train(mortalStore(files).store, {}, { resume: true });
  expect(left(files)).toEqual(left(unbroken));
});

test("patience counts across a resume, and more epochs go on as if asked for from the start", async () => {
  const gap = bestEpochs.find((e, i) => (bestEpochs[i + 1] ?? 7) > e + 2)!; // two epochs without a better one follow
  const patience = 2;
  const wanted = new Map<string, Uint8Array>();
  const { events } = await train(mortalStore(wanted).store, { patience });
  expect(events.at(-1)).toMatchObject({ reason: "early stopping", epochs: gap + 2, best: { epoch: gap } });
  const files = new Map<string, Uint8Array>();
  await train(mortalStore(files).store, { patience, epochs: gap + 1 });
  const resumed = await train(mortalStore(files).store, { patience }, { resume: true });
  expect(resumed.events.at(-1)).toMatchObject({
    reason: "early stopping",
    epochs: gap + 2,
    best: { epoch: gap },
  });
  expect(left(files)).toEqual(left(wanted));
  // Early stopping at once when all its patience was used up before; then on without it.
  const again = await train(mortalStore(files).store, { patience }, { resume: true });
  expect(again.events.map((e) => e.type)).toEqual(["start", "end"]);
  await train(mortalStore(files).store, { patience: 0 }, { resume: true });
  expect(left(files)).toEqual(left(unbroken));
});

test("more epochs of a cosine schedule would have been another schedule: refused", async () => {
  const files = new Map<string, Uint8Array>();
  await train(mortalStore(files).store, { schedule: schedules.cosine(), epochs: 2 });
  const error = await errorOf(
    train(mortalStore(files).store, { schedule: schedules.cosine() }, { resume: true }),
  );
  expect(error.message).toContain("epochs was 2, now 6");
});
