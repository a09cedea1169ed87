import { fromBase64 } from "../../../base/bytes/index.ts";
import type { CacheEntry, LookUp, LookUps } from "../../../road/data/index.ts";
import { BINARY } from "./binary.ts";

/** Bytes of a memory that are a thread's own: a record, then tables. */
export interface LookUpRoom {
  readonly at: number;
  readonly bytes: number;
}

interface Loops {
  words(codes: number, table: number, out: number, count: number, step: number): void;
  bytes(codes: number, table: number, out: number, count: number, step: number): void;
  few(codes: number, table: number, out: number, count: number): void;
}

const PAGE = 65536;
/** 32-bit addresses reach no further. */
const MOST_PAGES = 65536;
const ALIGNMENT = 16;
/** Of words, of which half precision is one and each range of HU another; and of bytes. More are looked up in JavaScript. */
const TABLES = 4 * (8 * 65536 + 64 * 256);
/** Images in a record that its index does not name: weights, where scores are taken, the CT that they compare with. */
const OTHERS = 3;

/** Room that the look-ups of a thread need to read these cases. */
export function lookUpBytes(entries: readonly CacheEntry[]): number {
  const records = entries.map(({ shape, inputs, targets }) => {
    const [, middle, largest] = [...shape].sort((a, b) => a - b) as [number, number, number];
    return 4 * (middle * largest + 2) * (inputs.length + targets.length + OTHERS);
  });
  return aligned(records.reduce((most, one) => Math.max(most, one), 0) + TABLES);
}

/** Memory for threads to share, look-ups in it; undefined where it is too much for 32-bit addresses, or the system gives none. */
export function lookUpMemory(bytes: number): WebAssembly.Memory | undefined {
  const pages = Math.ceil(bytes / PAGE);
  if (pages > MOST_PAGES) return undefined;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch {
    return undefined;
  }
}

/** Look-ups of compiled loops, which take a third of the time of JavaScript's: for arrays that lie in one memory. */
export function wasmLookUps(memory: WebAssembly.Memory, { at, bytes }: LookUpRoom): LookUps {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fromBase64(BINARY)), {
    env: { memory },
  });
  const loops = exports as unknown as Loops;
  const { buffer } = memory;
  const tables = at + bytes - TABLES;
  let next = tables;
  /** Tables of which no code from 16 on is used. */
  const few = new WeakSet<Float32Array>();
  return {
    record: (length) => (at + length <= tables ? new Uint8Array(buffer, at, length) : undefined),
    table(meaning) {
      if (next + meaning.byteLength > at + bytes) return undefined;
      const table = new Float32Array(buffer, next, meaning.length);
      next += meaning.byteLength;
      table.set(meaning);
      if (meaning.length === 256 && meaning.subarray(16).every((value) => value === 0)) few.add(table);
      return table;
    },
    run({ codes, from, table, out, at: to, count, step }: LookUp) {
      const here = codes.buffer === buffer && table.buffer === buffer && out.buffer === buffer;
      if (!here || !(out instanceof Float32Array)) return false;
      const [source, values, target] = [
        codes.byteOffset + from * codes.BYTES_PER_ELEMENT,
        table.byteOffset,
        out.byteOffset + 4 * to,
      ];
      if (codes instanceof Uint16Array) loops.words(source, values, target, count, 4 * step);
      else if (step === 1 && few.has(table)) loops.few(source, values, target, count);
      else loops.bytes(source, values, target, count, 4 * step);
      return true;
    },
  };
}

function aligned(n: number): number {
  return Math.ceil(n / ALIGNMENT) * ALIGNMENT;
}
