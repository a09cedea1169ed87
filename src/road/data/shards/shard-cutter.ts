import { product } from "../../../base/bytes/index.ts";
import type { Random } from "../../../base/random/index.ts";
import { spacingOf } from "../../../imaging/volume/index.ts";
import type { OutputSpec, TrainBatch } from "../../../networks/models/index.ts";
import type { Place, Preparation } from "../../preparation/index.ts";
import { type Augmentation, augmented } from "../augmentations/augmentation.ts";
import type { Sample } from "../augmentations/sample.ts";
import { drawPlaces } from "../batches/draw-places.ts";
import { assertClasses, type SampleCutter, sampleCutter } from "../batches/sample-cutter.ts";
import { type Room, stackSamples } from "../batches/stack.ts";
import { drawsAlike, sampleBoxes, sampleWindows } from "./sample-box.ts";
import type { ShardHeader } from "./shard-header.ts";
import { type LookUps, ShardMemory } from "./shard-memory.ts";
import type { OpenShard, StoredCase } from "./stored-case.ts";

/** How a shard is found and opened. */
export type ShardFile = Pick<StoredCase, "path" | "open">;

/** Shards that are open at once: a system lets a process open some thousand files, and there may be as many cases. */
const MOST_OPEN = 32;

/** A place in a shard. */
export interface ShardPlace {
  readonly shard: ShardFile;
  readonly place: Place;
}

/** A sample of shards: of a paired source input and targets are one object. */
export interface ShardSample {
  readonly input: ShardPlace;
  readonly targets: ShardPlace;
  readonly key: string;
}

/** What becomes of samples in a batch. */
export interface BatchParts {
  readonly augmentations: readonly Augmentation[];
  readonly seed: number;
  readonly room: Room;
}

/** The voxels of a sample, and its place in them. */
interface CutBox {
  readonly own: Place;
  readonly cutter: SampleCutter;
}

/** Draws and cuts samples of shards, reading so much of each as the sample needs. `close` it. */
export class ShardCutter {
  readonly #preparation: Preparation;
  readonly #outputs: readonly OutputSpec[];
  readonly #foreground: number;
  readonly #boxOf: ReturnType<typeof sampleBoxes>;
  readonly #windowOf: ReturnType<typeof sampleWindows>;
  readonly #images: readonly string[];
  readonly #memory: ShardMemory;
  /** In order of use, oldest first. */
  readonly #open = new Map<string, OpenShard>();
  readonly #drawn = new Map<string, readonly Place[]>();
  #last: { readonly path: string; readonly place: Place; readonly cut: CutBox } | undefined;

  /**
   * @param foreground share of the places that are drawn from the foreground
   * @param lookUps used where they can
   */
  constructor(
    preparation: Preparation,
    outputs: readonly OutputSpec[],
    foreground: number,
    lookUps?: LookUps,
  ) {
    this.#memory = new ShardMemory(lookUps);
    this.#foreground = foreground;
    this.#preparation = preparation;
    this.#outputs = outputs;
    this.#boxOf = sampleBoxes(preparation.sampler);
    this.#windowOf = sampleWindows(preparation.sampler);
    this.#images = [...preparation.inputs, ...outputs].map(({ name }) => name);
  }

  /** @throws MidashError `invalid-argument` for labels that are no classes of the model, and what opening throws */
  header(shard: ShardFile): ShardHeader {
    const { header } = this.#shard(shard);
    for (const { role, name, values = [] } of header.images)
      if (role === "target") assertClasses(header.facts.id, name, values, this.#outputs);
    return header;
  }

  /** Places of one pass. Where they are the same in each, the shard is read once for all. */
  places(shard: ShardFile, random: Random): readonly Place[] {
    const known = this.#drawn.get(shard.path);
    if (known) return known;
    const { sampler } = this.#preparation;
    const open = this.#shard(shard);
    const places = drawPlaces(sampler, random, {
      learnt: open.learnt(),
      share: this.#foreground,
      foreground: () => open.foreground(),
    });
    if (drawsAlike(sampler)) this.#drawn.set(shard.path, places);
    return places;
  }

  /**
   * A batch of samples whose inputs and targets are at one place each, changed by augmentations.
   *
   * @param room for the numbers of the batch
   */
  batch(
    samples: readonly ShardSample[],
    { augmentations, seed, room }: BatchParts,
  ): Pick<TrainBatch, "input" | "targets"> {
    const direct = augmentations.length === 0 && this.#direct(samples, room);
    if (direct) return direct;
    const cut = samples.map(({ input, targets, key }) => {
      const own = this.#sample(input, targets);
      return augmented(own, augmentations, { seed, from: key });
    });
    return stackSamples(cut, room);
  }

  #sample(input: ShardPlace, targets: ShardPlace): Sample {
    const plain = (numbers: number) => new Float32Array(numbers);
    const direct = input === targets ? this.#direct([{ input, targets, key: "" }], plain) : undefined;
    if (!direct)
      return { ...this.input(input.shard, input.place), targets: this.targets(targets.shard, targets.place) };
    const { grid, images } = this.#shard(input.shard).header;
    const { sampler, inputs } = this.#preparation;
    const { mask } = direct.input;
    const outside = (role: string, name: string) =>
      images.find((one) => one.role === role && one.name === name)!;
    const spacing = spacingOf(grid.affine);
    return {
      input: direct.input,
      axes: sampler.axes,
      spacing: sampler.axes.map((axis) => spacing["xyz".indexOf(axis)]!),
      inputs: inputs.map((one) => ({ ...one, outside: outside("input", one.name).outside })),
      targets: Object.fromEntries(
        Object.entries(direct.targets).map(([name, one]) => {
          const { kind = "ct", outside: beyond } = outside("target", name);
          return [name, { ...one, mask: mask!, kind, outside: beyond }];
        }),
      ),
    };
  }

  /** Straight from the shards into the batch; undefined where a sample has to be interpolated, lacks an image or has its targets elsewhere. */
  #direct(samples: readonly ShardSample[], room: Room): Pick<TrainBatch, "input" | "targets"> | undefined {
    const { sampler, inputs } = this.#preparation;
    const names = {
      inputs: inputs.map(({ name }) => name),
      targets: this.#outputs.filter(({ kind }) => kind !== "scale").map(({ name }) => name),
    };
    const windows = samples.map(({ input, targets }) =>
      input === targets ? this.#windowOf(input.place, this.#shard(input.shard).header) : undefined,
    );
    const [first] = windows;
    const alike = first && windows.every((one) => one?.size.every((n, d) => n === first.size[d]));
    const whole = samples.every(({ input }) => {
      const { images } = this.#shard(input.shard).header;
      const there = (role: string, name: string) =>
        images.some((one) => one.role === role && one.name === name);
      return (
        names.inputs.every((name) => there("input", name)) &&
        names.targets.every((name) => there("target", name))
      );
    });
    if (!alike || !whole) return undefined;
    const pixels = product(first.size);
    const channels = sampler.channels(inputs.length);
    const count = samples.length;
    const input = room(count * pixels * channels);
    const mask = room(count * pixels);
    const targets = names.targets.map(() => room(count * pixels));
    const part = (all: Float32Array, n: number, each: number) => all.subarray(n * each, (n + 1) * each);
    for (const [n, sample] of samples.entries())
      this.#shard(sample.input.shard).cut(windows[n]!, names, {
        input: part(input, n, pixels * channels),
        targets: targets.map((one) => part(one, n, pixels)),
        mask: part(mask, n, pixels),
      });
    const size = sampler.dims === 3 ? first.size : first.size.slice(1);
    const shape = (c: number) => [count, ...size, c];
    return {
      input: { data: input, shape: shape(channels), mask },
      targets: Object.fromEntries(
        names.targets.map((name, n) => [name, { data: targets[n]!, shape: shape(1), mask }]),
      ),
    };
  }

  input(shard: ShardFile, place: Place): Omit<Sample, "targets"> {
    const { cutter, own } = this.#at(shard, place);
    return cutter.input(own);
  }

  targets(shard: ShardFile, place: Place): Sample["targets"] {
    const { cutter, own } = this.#at(shard, place);
    return cutter.targets(own);
  }

  close(): void {
    for (const shard of this.#open.values()) shard.close();
    this.#open.clear();
  }

  /** What is cut at a place: read once for an input and its targets. */
  #at(shard: ShardFile, place: Place): CutBox {
    const { path } = shard;
    if (this.#last?.path !== path || this.#last.place !== place)
      this.#last = { path, place, cut: this.#read(shard, place) };
    return this.#last.cut;
  }

  #read(shard: ShardFile, place: Place): CutBox {
    const open = this.#shard(shard);
    const { grid, facts } = open.header;
    const { box, place: own } = this.#boxOf(place, grid.shape);
    const subject = open.box(box, this.#images);
    return { own, cutter: sampleCutter(facts.id, subject, this.#preparation, this.#outputs) };
  }

  #shard(file: ShardFile): OpenShard {
    const open = this.#open.get(file.path) ?? file.open(this.#memory);
    this.#open.delete(file.path);
    this.#open.set(file.path, open);
    if (this.#open.size > MOST_OPEN) {
      const [oldest, first] = this.#open.entries().next().value!;
      this.#open.delete(oldest);
      first.close();
    }
    return open;
  }
}
