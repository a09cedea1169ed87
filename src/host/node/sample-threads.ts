import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Calls, findScript } from "../../base/calls/index.ts";
import { assert, MidashError } from "../../base/errors/index.ts";
import type { Random } from "../../base/random/index.ts";
import type { TrainBatch } from "../../networks/models/index.ts";
import {
  type Drawn,
  type LentBatch,
  type LoaderSetup,
  originsOf,
  plainLoader,
  type SampleLoader,
  type SampleThreads,
} from "../../road/data/index.ts";
import type { Place } from "../../road/preparation/index.ts";
import { lookUpBytes, lookUpMemory } from "./look-ups/wasm-look-ups.ts";
import { whyNotAgain } from "./made-again.ts";
import type { SampleSetup, SampleTask } from "./sample-worker.ts";

/** Options of {@link sampleThreads}. */
export interface SampleThreadsOptions {
  /**
   * Default: one less than the machine has cores, at least 1 and at most 4: the model wants the others, and each thread gives more samples than a model on
   * this machine learns from. 0: samples are cut where the model computes.
   */
  readonly count?: number;
}

/** More threads than these are never waited for. */
const USUAL_MOST = 4;

/**
 * Threads that cut and augment the samples of prepared cases (`openCache`) into buffers that they share with the model's thread, while the model computes. They read so much
 * of each case as a sample needs. The batches are the same for any number of threads. Where samplers or augmentations are not those of the package, which
 * threads can't make again, or memory can't be shared, samples are cut where the model computes, and the run's first event says why.
 *
 * @example
 * const { dataset } = await openCache("caches/brain");
 * const trainer = new Trainer({ model: UNet(), backend: wasm(), loader: sampleThreads() });
 *
 * @throws MidashError `invalid-argument` for an invalid count
 */
export function sampleThreads(options: SampleThreadsOptions = {}): SampleThreads {
  const { count = Math.min(USUAL_MOST, Math.max(1, availableParallelism() - 1)) } = options;
  assert(
    Number.isInteger(count) && count >= 0 && count <= 64,
    `count must be a whole number from 0 to 64, got ${count}`,
    { where: { call: "sampleThreads" } },
  );
  return {
    open(setup) {
      if (count === 0) return plainLoader(setup);
      const script = findScript("node/sample-worker.js", existsSync);
      const why = script
        ? whyNotAgain(setup)
        : "the script of the threads is not beside the package, which was bundled";
      if (!script || why !== undefined) return plainLoader(setup, why);
      return threadLoader(setup, count, script);
    },
  };
}

interface Thread {
  readonly worker: Worker;
  readonly calls: Calls<SampleTask>;
  /** Tasks that it has. */
  busy: number;
}

function threadLoader(setup: LoaderSetup, count: number, script: string | URL): SampleLoader {
  const { preparation, outputs, augmentations, seed, foreground } = setup;
  const bytes = batchBytes(setup);
  const slots = Math.max(2, Math.min(2 * count + 1, Math.floor(setup.bytes / bytes)));
  const room = lookUpBytes(setup.cases.map(({ prepared }) => prepared!.entry));
  const memory = lookUpMemory(slots * bytes + count * room) ?? new SharedArrayBuffer(slots * bytes);
  const data: Omit<SampleSetup, "room"> = {
    preparation: preparation.toJSON(),
    outputs,
    augmentations: augmentations.map((one) => one.toJSON()),
    seed,
    foreground,
    memory,
    slotBytes: bytes,
  };
  const plain = JSON.parse(JSON.stringify({ ...data, memory: null }));
  const threads = Array.from({ length: count }, (_, n): Thread => {
    const own = { at: slots * bytes + n * room, bytes: room };
    const worker = new Worker(script, { workerData: { ...plain, memory, room: own } });
    return { worker, calls: new Calls(worker, { lost: died }), busy: 0 };
  });
  const free = Array.from({ length: slots }, (_, n) => n);
  const waiting: ((slot: number) => void)[] = [];
  const release = (slot: number) => {
    const next = waiting.shift();
    if (next) next(slot);
    else free.push(slot);
  };
  const ask = async (task: SampleTask, signal?: AbortSignal): Promise<unknown> => {
    const thread = threads.reduce((least, one) => (one.busy < least.busy ? one : least));
    thread.busy++;
    try {
      return await thread.calls.ask(task, { signal });
    } finally {
      thread.busy--;
    }
  };
  const checked = new Map<string, Promise<{ readonly id: string; readonly bytes: number }>>();
  const known = new Map<string, readonly Place[]>();
  return {
    threads: count,
    ahead: slots - 1, // one is lent
    async open(stored, signal) {
      const { path, entry } = stored;
      const first = checked.get(path) ?? (ask({ check: path, sha256: entry.sha256 }, signal) as never);
      checked.set(path, first);
      first.catch(() => checked.delete(path));
      const { id, bytes } = await first;
      const notHere = () => {
        throw new MidashError("internal", "samples of threads are cut by threads", { where: `case ${id}` });
      };
      return {
        id,
        bytes,
        async places(random: Random) {
          const before = known.get(path);
          if (before) return before;
          const drawn = (await ask({ draw: path, random: random.state() }, signal)) as {
            readonly places: readonly Place[];
            readonly alike: boolean;
          };
          if (drawn.alike) known.set(path, drawn.places);
          return drawn.places;
        },
        input: notHere,
        targets: notHere,
        stored,
      };
    },
    async cut(samples, signal): Promise<LentBatch> {
      const slot = free.shift() ?? (await new Promise<number>((resolve) => waiting.push(resolve)));
      const where = ({ from, place }: Drawn) => ({ path: from.stored!.path, place });
      const task = samples.map(({ input, targets, key }) => ({
        input: where(input),
        ...(targets === input ? {} : { targets: where(targets) }),
        key,
      }));
      try {
        const batch = (await ask({ cut: task, slot }, signal)) as TrainBatch;
        return { batch: { origins: originsOf(samples), ...batch }, release: () => release(slot) };
      } catch (error) {
        release(slot);
        throw error;
      }
    },
    async close() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

/** Room for a batch of the largest samples, which is more than is used where inputs and targets share masks. */
function batchBytes({ preparation, outputs, batchSize, cases }: LoaderSetup): number {
  const { sampler, inputs } = preparation;
  const sizes = cases.map(({ prepared }) => sampler.size(prepared!.entry.shape).reduce((a, b) => a * b, 1));
  const pixels = sizes.reduce((most, size) => Math.max(most, size), 1);
  const targets = outputs.filter(({ kind }) => kind !== "scale").length;
  const channels = sampler.channels(inputs.length) + targets + (1 + targets); // and their masks
  return Math.ceil((4 * batchSize * pixels * channels) / 16) * 16; // so that what follows the slots is aligned
}

function died(how: string, cause?: unknown): MidashError {
  return new MidashError("internal", `a thread that cuts samples ${how}`, {
    where: { call: "sampleThreads" },
    hint: "if memory ran out, use fewer threads, or none",
    cause,
  });
}
