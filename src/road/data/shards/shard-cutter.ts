import type { Random } from "../../../base/random/index.ts";
import type { OutputSpec } from "../../../networks/models/index.ts";
import type { Place, Preparation } from "../../preparation/index.ts";
import type { Sample } from "../augmentations/sample.ts";
import { assertClasses, type SampleCutter, sampleCutter } from "../batches/sample-cutter.ts";
import { drawsAlike, sampleBoxes } from "./sample-box.ts";
import type { ShardHeader } from "./shard-header.ts";
import { ShardMemory } from "./shard-reader.ts";
import type { OpenShard, StoredCase } from "./stored-case.ts";

/** How a shard is found and opened. */
export type ShardFile = Pick<StoredCase, "path" | "open">;

/** Shards that are open at once: a system lets a process open some thousand files, and there may be as many cases. */
const MOST_OPEN = 32;

/** The voxels of a sample, and its place in them. */
interface CutBox {
  readonly own: Place;
  readonly cutter: SampleCutter;
}

/** Draws and cuts samples of shards, reading so much of each as the sample needs. `close` it. */
export class ShardCutter {
  readonly #preparation: Preparation;
  readonly #outputs: readonly OutputSpec[];
  readonly #boxOf: ReturnType<typeof sampleBoxes>;
  readonly #images: readonly string[];
  readonly #memory = new ShardMemory();
  /** In order of use, oldest first. */
  readonly #open = new Map<string, OpenShard>();
  readonly #drawn = new Map<string, readonly Place[]>();
  #last: { readonly path: string; readonly place: Place; readonly cut: CutBox } | undefined;

  constructor(preparation: Preparation, outputs: readonly OutputSpec[]) {
    this.#preparation = preparation;
    this.#outputs = outputs;
    this.#boxOf = sampleBoxes(preparation.sampler);
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
    const places = sampler.draw(this.#shard(shard).learnt(), random);
    if (drawsAlike(sampler)) this.#drawn.set(shard.path, places);
    return places;
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
