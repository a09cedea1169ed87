import { fromBase64 } from "../../../base/bytes/index.ts";
import { MidashError } from "../../../base/errors/index.ts";
import { relaxedSimdWorks } from "./features.ts";
import { startHelper } from "./helper.ts";
import type { Started } from "./start.ts";

/** Numbers of the kernels in ../assembly/kernels.ts. */
export const JOBS = {
  winogradFilters: 0,
  winograd: 1,
  winogradFilterGradient: 2,
  winogradFilterGradientEnd: 3,
  pack: 4,
  patchConv: 5,
  patchGradient: 6,
  patchGradientEnd: 7,
  norm: 8,
  normGradient: 9,
  halve: 10,
  halveGradient: 11,
  adam: 12,
  normSums: 13,
  normEnd: 14,
  normGradientSums: 15,
  normGradientEnd: 16,
  double: 17,
  doubleGradient: 18,
} as const;

interface Exports {
  run(pool: number, helpers: number, sleep: boolean, kernel: number, args: number, items: number): void;
  help(pool: number, thread: number): void;
}

/** Words of the pool, as in ../assembly/pool.ts. */
const [DONE, SCRATCH, FAILED] = [2, 6, 8];
const POOL_WORDS = 16;
/** Room that each thread has at least, so that no job ever meets a pointer to nothing. */
const LEAST_SCRATCH = 4096;
/** Room for the words of a job. */
const ARGUMENT_BYTES = 1024;
const ALIGNMENT = 64;

/** Compiled kernels that work in tfjs's memory, on several threads where the memory is shared. */
export class KernelPool {
  readonly #started: Started;
  readonly #module: WebAssembly.Module;
  readonly #exports: Exports;
  readonly #pool: number;
  readonly #arguments: number;
  #helpers = 0;
  #taking = 0;
  #scratch: Block | undefined;
  #scratchBytes = 0;
  #words: Int32Array;
  #floats: Float32Array;

  private constructor(started: Started, module: WebAssembly.Module, exports: Exports) {
    this.#started = started;
    this.#module = module;
    this.#exports = exports;
    this.#pool = this.allocate(POOL_WORDS * 4 + ARGUMENT_BYTES).at; // for ever
    this.#arguments = this.#pool + POOL_WORDS * 4;
    this.#words = new Int32Array(started.memory.buffer);
    this.#floats = new Float32Array(started.memory.buffer);
    this.#words.fill(0, this.#pool >> 2, (this.#pool >> 2) + POOL_WORDS);
  }

  /** @param relaxed whether products may be fused with sums, where the engine can */
  static async start(started: Started, relaxed: boolean): Promise<KernelPool> {
    const { BINARIES } = await import("./binaries.ts");
    const plain = started.shared ? "shared" : "single";
    const bytes = fromBase64(BINARIES[relaxed && relaxedSimdWorks() ? (`${plain}Relaxed` as const) : plain]);
    const module = await WebAssembly.compile(bytes);
    const instance = await WebAssembly.instantiate(module, { env: { memory: started.memory } });
    return new KernelPool(started, module, instance.exports as unknown as Exports);
  }

  /** Threads that take part from now on, the calling one included. */
  get threads(): number {
    return this.#taking + 1;
  }

  /** Makes that many threads take part, starting those that are missing. Without shared memory there is but one. */
  async use(threads: number): Promise<void> {
    const helpers = this.#started.shared ? threads - 1 : 0;
    const { memory } = this.#started;
    while (this.#helpers < helpers) {
      const thread = this.#helpers + 1;
      if (
        !(await startHelper({
          module: this.#module,
          memory,
          pool: this.#pool,
          thread,
          done: DONE,
          failed: FAILED,
        }))
      )
        break;
      this.#helpers = thread;
      this.#freeScratch(); // has a part for each thread
    }
    this.#taking = Math.min(helpers, this.#helpers);
  }

  /** Room in tfjs's memory, at a multiple of 64. To be freed. */
  allocate(bytes: number): Block {
    const block = this.#started.module._malloc(bytes + ALIGNMENT) >>> 0; // signed beyond 2 GiB
    if (block === 0)
      throw new MidashError("limit", `no room for ${bytes} bytes in WebAssembly's 4 GiB`, { where: "wasm" });
    return {
      at: ((block + ALIGNMENT - 1) & -ALIGNMENT) >>> 0,
      free: () => this.#started.module._free(block),
    };
  }

  /**
   * Runs the items of a job and returns when they are done.
   *
   * @param words 32-bit fields of the job's struct, in order; `floats` follow them
   * @param scratchBytes room that an item needs for itself, where that is more than 4 KiB
   */
  run(
    job: keyof typeof JOBS,
    items: number,
    words: readonly number[],
    {
      floats = [],
      scratchBytes = 0,
    }: { readonly floats?: readonly number[]; readonly scratchBytes?: number } = {},
  ): void {
    const needed = Math.max(LEAST_SCRATCH, scratchBytes);
    if (needed > this.#scratchBytes) this.#growScratch(needed);
    this.write(this.#arguments, words, floats);
    this.#exports.run(this.#pool, this.#taking, maySleep(), JOBS[job], this.#arguments, items);
    if (this.#words[(this.#pool >> 2) + FAILED])
      throw new MidashError("internal", `a thread failed in ${job}`, { where: "wasm" });
  }

  /** Writes words, and floats after them, into memory. */
  write(at: number, words: readonly number[], floats: readonly number[] = []): void {
    const { buffer } = this.#started.memory;
    if (this.#words.buffer !== buffer) {
      this.#words = new Int32Array(buffer);
      this.#floats = new Float32Array(buffer);
    }
    this.#words.set(words, at >>> 2);
    this.#floats.set(floats, (at >>> 2) + words.length);
  }

  #growScratch(bytes: number): void {
    this.#freeScratch();
    const stride = (bytes + ALIGNMENT - 1) & -ALIGNMENT;
    this.#scratch = this.allocate(stride * (this.#helpers + 1));
    this.#scratchBytes = stride;
    this.write(this.#pool + SCRATCH * 4, [this.#scratch.at, stride]);
  }

  #freeScratch(): void {
    this.#scratch?.free();
    this.#scratch = undefined;
    this.#scratchBytes = 0;
  }
}

/** A piece of memory. */
export interface Block {
  readonly at: number;
  free(): void;
}

/** The main thread of a page may not. */
function maySleep(): boolean {
  return typeof document === "undefined";
}
