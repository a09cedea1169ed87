import { expect, it } from "vitest";
import { fromHalf } from "../../../base/bytes/index.ts";
import { type CacheEntry, type LookUp, ShardMemory } from "../../../road/data/index.ts";
import { lookUpBytes, lookUpMemory, wasmLookUps } from "./wasm-look-ups.ts";

const entry = { shape: [8, 300, 40], inputs: ["mr"], targets: ["ct"] } as unknown as CacheEntry;
/** Of batches, before the room of the look-ups. */
const SLOTS = 1 << 18;

function opened() {
  const room = lookUpBytes([entry]);
  const memory = lookUpMemory(SLOTS + room)!;
  const lookUps = wasmLookUps(memory, { at: SLOTS, bytes: room });
  return { lookUps, buffer: memory.buffer };
}

const all = Uint16Array.from({ length: 65536 }, (_, n) => (n * 40503) % 65536); // each once
const tables: Readonly<Record<string, readonly [LookUp["codes"], Float32Array]>> = {
  halves: [all, fromHalf(Uint16Array.from({ length: 65536 }, (_, n) => n))],
  words: [all, Float32Array.from({ length: 65536 }, (_, n) => Math.fround(Math.sin(n)))],
  bytes: [Uint8Array.from(all), Float32Array.from({ length: 256 }, (_, n) => Math.fround(1 / (n + 1)))],
  "bytes below 16": [
    Uint8Array.from(all, (n) => n % 16),
    Float32Array.from({ length: 256 }, (_, n) => (n < 16 ? Math.fround(0.1 * n - 0.3) : 0)),
  ],
};

const bits = (numbers: Float32Array) => new Uint8Array(Float32Array.from(numbers).buffer); // NaN is not NaN, its bits are

it.each(Object.keys(tables))("give the bits that JavaScript's give, of %s, wherever they begin", (name) => {
  const { lookUps, buffer } = opened();
  const [codes, meaning] = tables[name]!;
  const table = lookUps.table(meaning)!;
  const record = lookUps.record(codes.byteLength / 4)!;
  const here =
    codes instanceof Uint8Array
      ? record
      : new Uint16Array(record.buffer, record.byteOffset, record.length / 2);
  const plain = new ShardMemory();
  const part = here.length;
  for (let first = 0; first < codes.length; first += part) {
    here.set(codes.subarray(first, first + part) as never);
    for (const [from, count, step] of [
      [0, part, 1],
      [3, 1021, 1],
      [5, 7, 1],
      [1, 0, 1],
      [2, 999, 3],
    ] as const) {
      const out = new Float32Array(buffer, 64, 20_000).fill(-7);
      const wanted = new Float32Array(20_000).fill(-7);
      const of: Omit<LookUp, "out" | "table"> = { codes: here, from, at: 11, count, step };
      expect(lookUps.run({ ...of, table, out })).toBe(true);
      plain.lookUp({ ...of, table: meaning, out: wanted });
      expect(Buffer.compare(bits(out), bits(wanted)), `${first} ${from} ${count} ${step}`).toBe(0);
    }
  }
});

it("leave what lies elsewhere to JavaScript, also tables and records that find no room", () => {
  const { lookUps, buffer } = opened();
  const table = lookUps.table(new Float32Array(256).fill(2))!;
  const codes = lookUps.record(64)!;
  const of = { codes, from: 0, table, at: 0, count: 8, step: 1 };
  expect(lookUps.run({ ...of, out: new Float32Array(8) })).toBe(false);
  expect(lookUps.run({ ...of, codes: new Uint8Array(8), out: new Float32Array(buffer, 0, 8) })).toBe(false);
  expect(lookUps.record(4 * 300 * 40 * 5)).toHaveLength(4 * 300 * 40 * 5);
  expect(lookUps.record(1 << 20)).toBeUndefined();
  const words = () => lookUps.table(new Float32Array(65536));
  const found = Array.from({ length: 9 }, words);
  expect(found.filter((one) => one !== undefined)).toHaveLength(8);
  const memory = new ShardMemory(lookUps);
  const out = new Float32Array(4);
  memory.lookUp({ ...of, codes: Uint8Array.of(1, 1, 1, 1), count: 4, out });
  expect([...out]).toEqual([2, 2, 2, 2]);
});

it("have no memory that 32 bits can't address", () => {
  expect(lookUpMemory(2 ** 32 + 1)).toBeUndefined();
});
