import { type Codes, meaningOf, type StoredImage } from "./stored-image.ts";

/** Where codes are and where what they stand for goes. */
export interface LookUp {
  readonly codes: Codes;
  /** The first code. */
  readonly from: number;
  /** What each code stands for: of `meaning`. */
  readonly table: Float32Array;
  readonly out: Float32Array | Uint8Array;
  /** Where the first goes. */
  readonly at: number;
  readonly count: number;
  /** How far apart they go. */
  readonly step: number;
}

/** Look-ups by other means than JavaScript, in memory of their own. */
export interface LookUps {
  /** Room there for the record of a plane; undefined where there is not enough. */
  record(bytes: number): Uint8Array | undefined;
  /** A table there; undefined where there is no room left. */
  table(meaning: Float32Array): Float32Array | undefined;
  /** @returns false where an array lies elsewhere; nothing is written then */
  run(of: LookUp): boolean;
}

/** Memory that readers share and use again for each box: one reader reads at a time. */
export class ShardMemory {
  readonly #images = new Map<string, Float32Array>();
  readonly #meanings = new Map<string, Float32Array | undefined>();
  readonly #lookUps: LookUps | undefined;
  #record: Uint8Array = new Uint8Array(0);

  /** @param lookUps used where they can. Default: JavaScript's own, which give the same */
  constructor(lookUps?: LookUps) {
    this.#lookUps = lookUps;
  }

  /** Of a record. It begins at a multiple of 8 bytes of its buffer. */
  record(bytes: number): Uint8Array {
    if (this.#record.length < bytes) this.#record = this.#lookUps?.record(bytes) ?? new Uint8Array(bytes);
    return this.#record;
  }

  /** Of an image of a box. */
  image({ role, name }: StoredImage, size: number): Float32Array {
    const key = `${role} ${name}`;
    const kept = this.#images.get(key);
    const own = kept && kept.length >= size ? kept : new Float32Array(size);
    this.#images.set(key, own);
    return own.subarray(0, size);
  }

  /** What stored numbers stand for: the same table for all shards that store an image alike. */
  meaning(image: StoredImage): Float32Array | undefined {
    const { as, slope, values, normalizer } = image;
    const key = JSON.stringify([as, slope, values, normalizer]);
    if (!this.#meanings.has(key)) {
      const made = meaningOf(image);
      this.#meanings.set(key, made && (this.#lookUps?.table(made) ?? made));
    }
    return this.#meanings.get(key);
  }

  /** Writes what numbers stand for. */
  lookUp(of: LookUp): void {
    if (this.#lookUps?.run(of)) return;
    const { codes, from, table, out, at, count, step } = of;
    if (step > 1 || out instanceof Uint8Array) lookUpApart(codes, from, table, out, at, count, step);
    else if (codes instanceof Uint8Array) lookUpBytes(codes, from, table, out, at, count);
    else lookUpWords(codes as Uint16Array, from, table, out, at, count);
  }
}

function lookUpApart(
  codes: Codes,
  from: number,
  table: Float32Array,
  out: Float32Array | Uint8Array,
  at: number,
  count: number,
  step: number,
): void {
  for (let i = 0, q = at; i < count; i++, q += step) out[q] = table[codes[from + i]!]!;
}

/** Side by side. A function a kind of array: engines make code of it that takes a quarter of the time. */
function lookUpWords(
  codes: Uint16Array,
  from: number,
  table: Float32Array,
  out: Float32Array,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) out[at + i] = table[codes[from + i]!]!;
}

/** The same of bytes. */
function lookUpBytes(
  codes: Uint8Array,
  from: number,
  table: Float32Array,
  out: Float32Array,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) out[at + i] = table[codes[from + i]!]!;
}
