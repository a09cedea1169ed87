// Damage, drawn from a seed and a number: the same pair gives the same bytes on every machine.
import { gunzipSync, gzipSync } from "node:zlib";
import { Random } from "../../../src/base/random/index.ts";
import { bomb, claim, joined, regzip } from "./bombs.ts";
import type { Seed, Subject } from "./subjects.ts";
import { textEdit } from "./text-edit.ts";

const HEADER = 600;
/** Numbers at which sizes, offsets and types break. */
const EDGES = [
  0,
  1,
  2,
  3,
  7,
  8,
  16,
  127,
  128,
  255,
  256,
  348,
  540,
  32767,
  32768,
  65535,
  65536,
  2 ** 22,
  2 ** 24,
  2 ** 28,
  2 ** 30,
];
const LARGE = [
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n - 1n,
  -1n,
  -2n,
  -(2n ** 31n),
  -(2n ** 63n),
];
const FLOATS = [
  0,
  -0,
  1,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e-45,
  3e38,
  352,
  1e9,
];

/** One damaged file, and what was done to it. */
export interface Mutation {
  readonly seed: Seed;
  readonly steps: readonly string[];
}

/** The `index`th damaged file of a run. */
export function mutate(subject: Subject, seeds: readonly Seed[], run: number, index: number): Mutation {
  const random = new Random(`${subject.name}/${run}/${index}`);
  const whole = seeds[random.integer(seeds.length)]!;
  const names = [...whole.files.keys()];
  const target = random.integer(4) > 0 ? whole.main : names[random.integer(names.length)]!;
  const steps = [`${whole.main}${target === whole.main ? "" : `, its ${target}`}`];
  let bytes = whole.files.get(target)!;
  const isText = subject.words !== undefined && target === whole.main;
  const damage = (given: Uint8Array) => {
    let out = given;
    for (let n = 1 + random.integer(4); n > 0; n--) {
      const [step, changed] = once(out, { subject, random, isText });
      steps.push(step);
      out = changed;
    }
    return out;
  };
  if (target === whole.main && subject.claim && random.integer(25) === 0) {
    const claimed = claim(bytes, subject, random);
    if (claimed)
      return {
        seed: { main: whole.main, files: new Map(whole.files).set(target, claimed[1]) },
        steps: [...steps, claimed[0]],
      };
  }
  // A gzipped file is mostly damaged inside: otherwise its checksum would stop nearly all.
  if (bytes[0] === 0x1f && random.integer(5) > 0) {
    const inside = damage(new Uint8Array(gunzipSync(bytes)));
    steps.push("gzipped again");
    bytes = regzip(inside, random);
    if (random.integer(6) === 0) bytes = damage(bytes);
  } else bytes = damage(bytes);
  if (random.integer(40) === 0) {
    steps.push("gzipped as a whole");
    bytes = new Uint8Array(gzipSync(bytes, { level: 1 }));
  }
  return { seed: { main: whole.main, files: new Map(whole.files).set(target, bytes) }, steps };
}

interface Tools {
  readonly subject: Subject;
  readonly random: Random;
  readonly isText: boolean;
}

function once(bytes: Uint8Array, tools: Tools): [string, Uint8Array] {
  const { random, subject, isText } = tools;
  if (isText && random.integer(3) > 0) return textEdit(bytes, subject.words!, random);
  if (subject.fields.length > 0 && random.integer(3) === 0) return field(bytes, tools);
  if (subject.edit && random.integer(5) === 0) {
    const [step, changed] = subject.edit(bytes, random);
    return [step, changed];
  }
  const kinds = [flip, flip, store, store, truncate, extend, repeat, swap, remove, bomb];
  return kinds[random.integer(kinds.length)]!(bytes, random);
}

/** Mostly in the header, where a wrong byte does most harm. */
function place(bytes: Uint8Array, random: Random): number {
  const reach = random.integer(3) > 0 ? Math.min(bytes.length, HEADER) : bytes.length;
  return random.integer(Math.max(1, reach));
}

function flip(bytes: Uint8Array, random: Random): [string, Uint8Array] {
  const out = bytes.slice();
  const count = 1 + random.integer(4);
  for (let n = 0; n < count && out.length > 0; n++) out[place(out, random)]! ^= 1 << random.integer(8);
  return [`${count} bits flipped`, out];
}

function store(bytes: Uint8Array, random: Random): [string, Uint8Array] {
  const size = ([1, 2, 4, 8] as const)[random.integer(4)]!;
  const at = Math.floor(place(bytes, random) / size) * size;
  return put(bytes, at, size, random);
}

/** A number of the header, and sometimes those after it, too: "claims of huge sizes" need several. */
function field(bytes: Uint8Array, { subject, random }: Tools): [string, Uint8Array] {
  const first = random.integer(subject.fields.length);
  let [step, out] = ["", bytes];
  for (let n = 0; n < 1 + random.integer(4); n++) {
    const [at, size] = subject.fields[(first + n) % subject.fields.length]!;
    const [done, changed] = put(out, at, size, random);
    step += `${step ? ", " : ""}${done}`;
    out = changed;
  }
  return [step, out];
}

function put(bytes: Uint8Array, at: number, size: 1 | 2 | 4 | 8, random: Random): [string, Uint8Array] {
  const out = bytes.slice();
  if (at + size > out.length) return ["nothing", out];
  const view = new DataView(out.buffer);
  const little = random.integer(2) === 0;
  const value =
    random.integer(3) === 0
      ? LARGE[random.integer(LARGE.length)]!
      : BigInt(EDGES[random.integer(EDGES.length)]!);
  const float = size >= 4 && random.integer(3) === 0 ? FLOATS[random.integer(FLOATS.length)]! : undefined;
  if (float !== undefined) {
    if (size === 4) view.setFloat32(at, float, little);
    else view.setFloat64(at, float, little);
  } else if (size === 8) view.setBigInt64(at, BigInt.asIntN(64, value), little);
  else if (size === 4) view.setInt32(at, Number(BigInt.asIntN(32, value)), little);
  else if (size === 2) view.setInt16(at, Number(BigInt.asIntN(16, value)), little);
  else view.setUint8(at, Number(BigInt.asUintN(8, value)));
  return [`byte ${at}: ${float ?? value} as ${8 * size} bits`, out];
}

function truncate(bytes: Uint8Array, random: Random): [string, Uint8Array] {
  const keep =
    random.integer(2) === 0 ? place(bytes, random) : Math.max(0, bytes.length - 1 - random.integer(16));
  return [`cut to ${keep} of ${bytes.length}`, bytes.slice(0, keep)];
}

function extend(bytes: Uint8Array, random: Random): [string, Uint8Array] {
  const more =
    random.integer(2) === 0
      ? new Uint8Array(random.integer(4096)).fill(random.integer(256))
      : Uint8Array.from({ length: random.integer(256) }, () => random.integer(256));
  return [`${more.length} bytes more`, joined(bytes, more)];
}

function repeat(bytes: Uint8Array, random: Random): [string, Uint8Array] {
  if (random.integer(4) === 0) return ["twice", joined(bytes, bytes)];
  const [a, b] = range(bytes, random);
  const to = place(bytes, random);
  return [
    `bytes ${a} to ${b} again at ${to}`,
    joined(bytes.subarray(0, to), bytes.subarray(a, b), bytes.subarray(to)),
  ];
}

function swap(bytes: Uint8Array, random: Random): [string, Uint8Array] {
  const [a, b] = range(bytes, random);
  const c = b + random.integer(Math.max(1, Math.min(256, bytes.length - b)));
  const parts = [bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)];
  return [`bytes ${a} to ${b} and ${b} to ${c} swapped`, joined(...parts)];
}

function remove(bytes: Uint8Array, random: Random): [string, Uint8Array] {
  const [a, b] = range(bytes, random);
  return [`bytes ${a} to ${b} removed`, joined(bytes.subarray(0, a), bytes.subarray(b))];
}

function range(bytes: Uint8Array, random: Random): [number, number] {
  const a = place(bytes, random);
  return [a, Math.min(bytes.length, a + 1 + random.integer(64))];
}
