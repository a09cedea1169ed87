/**
 * What a thread of `sampleThreads` runs: places come as messages, samples are written into memory that it shares with its owner.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { answerCalls } from "../../base/calls/index.ts";
import { Random, type RandomState } from "../../base/random/index.ts";
import type { Json } from "../../networks/learning/index.ts";
import type { OutputSpec } from "../../networks/models/index.ts";
import { drawsAlike, ShardCutter, type ShardFile } from "../../road/data/index.ts";
import { Registry } from "../../road/plugin/index.ts";
import type { Place, PreparationJson } from "../../road/preparation/index.ts";
import { type LookUpRoom, wasmLookUps } from "./look-ups/wasm-look-ups.ts";
import { augmentationAgain } from "./made-again.ts";
import { checkShard, openShard } from "./shard-file.ts";

/** What the samples are cut by. */
export interface SampleSetup {
  readonly preparation: PreparationJson;
  readonly outputs: readonly OutputSpec[];
  readonly augmentations: readonly Json[];
  readonly seed: number;
  readonly foreground: number;
  /** Slots for batches, and after them room for the look-ups of each thread where they can share memory with the slots. */
  readonly memory: WebAssembly.Memory | SharedArrayBuffer;
  readonly slotBytes: number;
  /** Of this thread. */
  readonly room: LookUpRoom;
}

interface SampleTaskPlace {
  readonly path: string;
  readonly place: Place;
}

/** Compare a shard's checksum; draw the places of a pass; cut a batch into a slot. */
export type SampleTask =
  | { readonly check: string; readonly sha256: string }
  | { readonly draw: string; readonly random: RandomState }
  | {
      readonly cut: readonly {
        readonly input: SampleTaskPlace;
        /** Default: where the input is. */
        readonly targets?: SampleTaskPlace;
        readonly key: string;
      }[];
      readonly slot: number;
    };

if (parentPort) answerSamples(workerData as SampleSetup);

function answerSamples({
  preparation: json,
  outputs,
  augmentations: parts,
  seed,
  foreground,
  memory,
  slotBytes,
  room,
}: SampleSetup) {
  const lookUps = memory instanceof WebAssembly.Memory ? wasmLookUps(memory, room) : undefined;
  const ring = memory instanceof WebAssembly.Memory ? memory.buffer : memory;
  const registry = new Registry();
  const preparation = registry.preparation(json);
  const augmentations = parts.map((part) => augmentationAgain({ toJSON: () => part }, registry));
  const cutter = new ShardCutter(preparation, outputs, foreground, lookUps);
  const shard = (path: string): ShardFile => ({ path, open: (memory) => openShard(path, memory) });
  /** Gives room in a slot one array after the other, and beyond it where it is used up. */
  const roomIn = (slot: number) => {
    let at = slot * slotBytes;
    return (numbers: number) => {
      const end = at + 4 * numbers;
      if (end > (slot + 1) * slotBytes) return new Float32Array(numbers);
      const room = new Float32Array(ring, at, numbers);
      at = end;
      return room;
    };
  };
  answerCalls<SampleTask>(parentPort!, async (task, _, { signal }) => {
    if ("check" in task) {
      await checkShard(task.check, task.sha256, signal);
      const { facts, bytes } = cutter.header(shard(task.check));
      return { value: { id: facts.id, bytes } };
    }
    if ("draw" in task) {
      const places = cutter.places(shard(task.draw), Random.restore(task.random));
      return { value: { places, alike: drawsAlike(preparation.sampler) } };
    }
    const placed = ({ path, place }: SampleTaskPlace) => ({ shard: shard(path), place });
    const samples = task.cut.map(({ input, targets, key }) => {
      const own = placed(input);
      return { input: own, targets: targets ? placed(targets) : own, key };
    });
    return { value: cutter.batch(samples, { augmentations, seed, room: roomIn(task.slot) }) };
  });
}
