import type { Random } from "../../../base/random/index.ts";
import type { OutputSpec, SampleOrigin, TrainBatch } from "../../../networks/models/index.ts";
import type { Place, Preparation } from "../../preparation/index.ts";
import { type Augmentation, augmented } from "../augmentations/augmentation.ts";
import type { Case } from "../case.ts";
import { ShardCutter } from "../shards/shard-cutter.ts";
import type { StoredCase } from "../shards/stored-case.ts";
import { stackSamples } from "./stack.ts";
import type { TrainingCase } from "./training-case.ts";

/** A place in a case, not yet cut. */
export interface Drawn {
  readonly from: TrainingCase;
  readonly place: Place;
}

/** A sample that was drawn: where its input and its targets are, which of a paired source are at one place. */
export interface DrawnSample {
  readonly input: Drawn;
  readonly targets: Drawn;
  /** Of which epoch, pass, case and place it is: its random changes come from it. */
  readonly key: string;
}

/** A batch in memory that is used again. */
export interface LentBatch {
  readonly batch: TrainBatch;
  /** Gives its arrays back. */
  release(): void;
}

/** What a run's samples are cut by. */
export interface LoaderSetup {
  readonly preparation: Preparation;
  readonly outputs: readonly OutputSpec[];
  readonly augmentations: readonly Augmentation[];
  readonly seed: number;
  /** Share of the places that are drawn from the foreground. */
  readonly foreground: number;
  readonly batchSize: number;
  /** Of the training part. */
  readonly cases: readonly Case[];
  /** Bytes that batches on their way may take. */
  readonly bytes: number;
}

/** Draws and cuts samples. `close` it. */
export interface SampleLoader {
  /** How many threads work for it; 0: the one that asks. */
  readonly threads: number;
  /** Why there are no threads where they were asked for. */
  readonly why?: string;
  /** Batches that may be asked for before the first is there: none where nobody works meanwhile. */
  readonly ahead: number;
  /** A prepared case, once its checksum is found right. @throws MidashError `invalid-file`, `io`, `aborted` */
  open(source: StoredCase, signal?: AbortSignal): Promise<TrainingCase>;
  /** Cuts samples, changes them by the augmentations and stacks them. */
  cut(samples: readonly DrawnSample[], signal?: AbortSignal): Promise<LentBatch>;
  /** Ends its threads, where it has any. */
  close(): Promise<void>;
}

/** Threads that load samples: what `sampleThreads` of `@midash/core/node` gives. */
export interface SampleThreads {
  /** Begins them for one run. */
  open(setup: LoaderSetup): SampleLoader;
}

/** Where samples are from, for people. */
export function originsOf(samples: readonly DrawnSample[]): readonly SampleOrigin[] {
  const origin = ({ from, place }: Drawn) => ({ case: from.id, place });
  return samples.map(({ input, targets }) => ({
    ...origin(input),
    ...(targets === input ? {} : { target: origin(targets) }),
  }));
}

/** Cuts samples where it is asked. */
export function plainLoader(setup: LoaderSetup, why?: string): SampleLoader {
  const { augmentations, seed, preparation, outputs, foreground } = setup;
  const cutter = new ShardCutter(preparation, outputs, foreground);
  return {
    threads: 0,
    ...(why === undefined ? {} : { why }),
    ahead: 0,
    async open(source, signal) {
      await source.check(signal);
      const { facts, bytes } = cutter.header(source);
      return {
        id: facts.id,
        bytes,
        places: (random: Random) => cutter.places(source, random),
        input: (place) => cutter.input(source, place),
        targets: (place) => cutter.targets(source, place),
        stored: source,
      };
    },
    async cut(samples) {
      const cut = samples.map(({ input, targets, key }) => {
        const sample = { ...input.from.input(input.place), targets: targets.from.targets(targets.place) };
        return augmented(sample, augmentations, { seed, from: key });
      });
      return { batch: { origins: originsOf(samples), ...stackSamples(cut) }, release: () => undefined };
    },
    close: async () => cutter.close(),
  };
}
