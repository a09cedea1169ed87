import { fail, MidashError } from "../../base/errors/index.ts";
import { decodeModel, encodeModel, type ModelBundle } from "../model-file/index.ts";
import { type Checkpoint, decodeCheckpoint, type EpochRecord, encodeCheckpoint } from "./checkpoint.ts";
import { assertSameCases, assertSameImages, type DataMarks } from "./data-marks.ts";
import { isKeptName, keptName, keptNames } from "./kept-epochs.ts";
import type { RunStore } from "./run-store.ts";
import { assertSameSettings } from "./same-settings.ts";
import type { Watch } from "./watch.ts";

/** The last checkpoint: all that the run is. */
const LAST = "last.safetensors";
/** The checkpoint before it, for when the last one is damaged. */
const PREVIOUS = "previous.safetensors";
/** The result so far as a model file, for people. Made from the checkpoint, never read to go on. */
const BEST = "best.safetensors";

/** A batch that could not be learnt from, for people. */
export const NAN_BATCH = "nan-batch.safetensors";

/** What a run stands on when it goes on. */
interface Resumed {
  /** `undefined` when there is none: start from the beginning. */
  readonly checkpoint?: Checkpoint;
  readonly data: DataMarks;
  readonly warnings: readonly string[];
}

/** Which model files stay besides the best one's. */
interface KeepBest {
  /** So many epochs have a file of their own. */
  readonly keepBest: number;
  readonly watch: Watch;
}

/** The run that is to go on. */
interface RunNow {
  readonly settings: string;
  /** Looks at its data. */
  mark(known?: DataMarks): Promise<DataMarks>;
}

/**
 * The files of a run, and the order in which they are written. One atomic write of `last.safetensors` makes the run stand after a step; every
 * other file is made from it or is an older one. So a run killed at any instant stands after a step that it has done: before
 * that write after the one of the checkpoint before, after it after this one. `best.safetensors` comes second; when a kill falls between, resuming
 * writes it again.
 */
export class RunFiles {
  readonly #store: RunStore;
  readonly #unlock: (() => Promise<void>) | undefined;
  /** Whether the store's last checkpoint is whole and of this run: worth keeping. */
  #lastIsGood = false;
  /** Whether the store may hold an older checkpoint of another run. */
  #fresh = true;

  readonly #keep: KeepBest;

  private constructor(store: RunStore, keep: KeepBest, unlock: (() => Promise<void>) | undefined) {
    this.#store = store;
    this.#keep = keep;
    this.#unlock = unlock;
  }

  /** Call {@link close} at the end. @throws MidashError `io` when another run writes there */
  static async open(options: KeepBest & { readonly store: RunStore }): Promise<RunFiles> {
    const { store } = options;
    return new RunFiles(store, options, await store.lock?.());
  }

  /**
   * The last checkpoint, or the one before it when the last is damaged; `best.safetensors` is brought in line with it.
   *
   * @throws MidashError `invalid-file` when no checkpoint is whole, `not-found` when there is a result but none,
   *   `invalid-argument` when it is of a run with other settings or other data
   */
  async resume({ settings, mark }: RunNow): Promise<Resumed> {
    const damaged: MidashError[] = [];
    const found = (await this.#read(LAST, damaged)) ?? (await this.#read(PREVIOUS, damaged));
    if (!found) {
      if (damaged.length > 0) throw noneWhole(damaged);
      if ((await this.#store.list()).includes(BEST))
        fail("not-found", "a result without a checkpoint, so nothing to go on from", {
          where: BEST,
          hint: "use it as a model, and start a run in another folder",
        });
      return { data: await mark(), warnings: [] };
    }
    const { checkpoint, name } = found;
    const { identity } = checkpoint;
    const data = await mark(identity.data);
    assertSameImages(identity.data, data, name); // first: other images may lead to other settings
    assertSameSettings(identity.settings, settings, name);
    assertSameCases(identity.data, data, name);
    this.#lastIsGood = name === LAST;
    this.#fresh = false;
    const warnings = damaged.map(
      (error) => `${error.where}: is damaged; going on from ${name}, after ${standing(checkpoint)}`,
    );
    if (checkpoint.result && (await this.#mendBest(checkpoint.result)))
      warnings.push(`${BEST}: was damaged; written again`);
    await this.#removeOthers(checkpoint.history);
    return { checkpoint, data, warnings };
  }

  /**
   * @param ended the model of the epoch that ended with this checkpoint
   * @throws MidashError `io` when the store can't take it; the checkpoint before it stays then
   */
  async save(checkpoint: Checkpoint, ended?: ModelBundle): Promise<void> {
    const { result, step, history } = checkpoint;
    if (this.#fresh) {
      for (const name of [PREVIOUS, NAN_BATCH]) await this.#store.remove(name);
      await this.#removeOthers([]);
    }
    this.#fresh = false;
    const own = keptName(history.at(-1) ?? { epoch: 0, validation: null });
    if (ended && this.#kept(history).includes(own)) await this.#store.write(own, encodeModel(ended));
    const keep = this.#lastIsGood ? PREVIOUS : undefined;
    this.#lastIsGood = false; // until it is written
    await this.#store.write(LAST, encodeCheckpoint(checkpoint), { keep });
    this.#lastIsGood = true;
    if (result?.provenance.steps === step) await this.#store.write(BEST, encodeModel(result));
    if (ended) await this.#removeOthers(history);
  }

  async saveBatch(bytes: Uint8Array): Promise<void> {
    await this.#store.write(NAN_BATCH, bytes);
  }

  async close(): Promise<void> {
    await this.#unlock?.();
  }

  #kept(history: readonly EpochRecord[]): readonly string[] {
    return keptNames(history, this.#keep.watch, this.#keep.keepBest);
  }

  /** Model files of epochs that are no longer among the best, or that a damaged checkpoint had counted and this one has not yet. */
  async #removeOthers(history: readonly EpochRecord[]): Promise<void> {
    const kept = this.#kept(history);
    for (const name of await this.#store.list())
      if (isKeptName(name) && !kept.includes(name)) await this.#store.remove(name);
  }

  async #read(name: string, damaged: MidashError[]) {
    const bytes = await this.#store.read(name);
    if (!bytes) return undefined;
    try {
      return { name, checkpoint: decodeCheckpoint(bytes, name) };
    } catch (error) {
      if (!MidashError.is(error) || error.kind !== "invalid-file") throw error;
      damaged.push(error);
      return undefined;
    }
  }

  /** Writes the result unless the store holds these very bytes. True when it held damaged ones. */
  async #mendBest(result: ModelBundle): Promise<boolean> {
    const wanted = encodeModel(result);
    const held = await this.#store.read(BEST);
    if (held && sameBytes(held, wanted)) return false;
    await this.#store.write(BEST, wanted);
    return held !== undefined && !isModel(held);
  }
}

/** "epoch 3", or "batch 7 of epoch 4". */
function standing({ epoch, now }: Checkpoint): string {
  return now.batches === 0 ? `epoch ${epoch}` : `batch ${now.batches} of epoch ${epoch + 1}`;
}

function noneWhole(damaged: readonly MidashError[]): MidashError {
  const names = damaged.map((error) => error.where).join(" and ");
  const hint = `start again in another folder; ${BEST}, if it is whole, still works as a model`;
  const what = "damaged, and there is no other checkpoint to go on from";
  return new MidashError("invalid-file", what, { where: names, hint, cause: damaged[0] });
}

function isModel(bytes: Uint8Array): boolean {
  try {
    decodeModel(bytes);
    return true;
  } catch {
    return false;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
