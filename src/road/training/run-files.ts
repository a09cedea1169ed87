import { fail, MidashError } from "../../base/errors/index.ts";
import { decodeModel, encodeModel, type ModelBundle } from "../model-file/index.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { assertSameCases, assertSameImages, type DataMarks } from "./data-marks.ts";
import type { RunStore } from "./run-store.ts";
import { assertSameSettings } from "./same-settings.ts";

/** The last checkpoint: all that the run is. */
const LAST = "last.safetensors";
/** The checkpoint before it, for when the last one is damaged. */
const PREVIOUS = "previous.safetensors";
/** The result so far as a model file, for people. Made from the checkpoint, never read to go on. */
const BEST = "best.safetensors";

/** What a run stands on when it goes on. */
interface Resumed {
  /** `undefined` when there is none: start from the beginning. */
  readonly checkpoint?: Checkpoint;
  readonly data: DataMarks;
  readonly warnings: readonly string[];
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

  private constructor(store: RunStore, unlock: (() => Promise<void>) | undefined) {
    this.#store = store;
    this.#unlock = unlock;
  }

  /** Call {@link close} at the end. @throws MidashError `io` when another run writes there */
  static async open(store: RunStore): Promise<RunFiles> {
    return new RunFiles(store, await store.lock?.());
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
    return { checkpoint, data, warnings };
  }

  /** @throws MidashError `io` when the store can't take it; the checkpoint before it stays then */
  async save(checkpoint: Checkpoint): Promise<void> {
    if (this.#fresh) await this.#store.remove(PREVIOUS);
    this.#fresh = false;
    const keep = this.#lastIsGood ? PREVIOUS : undefined;
    this.#lastIsGood = false; // until it is written
    await this.#store.write(LAST, encodeCheckpoint(checkpoint), { keep });
    this.#lastIsGood = true;
    const { result, step } = checkpoint;
    if (result?.provenance.steps === step) await this.#store.write(BEST, encodeModel(result));
  }

  async close(): Promise<void> {
    await this.#unlock?.();
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
