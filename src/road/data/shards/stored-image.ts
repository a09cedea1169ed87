import { fromHalf, toHalf } from "../../../base/bytes/index.ts";
import type { Unit, Volume } from "../../../imaging/volume/index.ts";
import { Normalizer, type NormalizerJson } from "../../preparation/index.ts";

/**
 * How numbers are stored. `float16`: IEEE 754 half precision, 11 significant bits. `int16`: whole multiples of `slope`. `uint8`: numbers of a table.
 * `float32`: as they are.
 */
export type StoredAs = "float16" | "int16" | "uint8" | "float32";

/** An image in a shard: what it is, and how to read its numbers. */
export interface StoredImage {
  /** `reference`: what scores compare with, where it is not what a target is made of. */
  readonly role: "input" | "target" | "mask" | "reference";
  readonly name: string;
  /** Of a target. */
  readonly kind?: "ct" | "labels";
  readonly as: StoredAs;
  /** Of `int16`: HU a step, a power of two of at most 1, so that whole HU are exact. */
  readonly slope?: number;
  /** Of `uint8`: what each number stands for. */
  readonly values?: readonly number[];
  /** Of a target that is stored in HU: how the model sees it. */
  readonly normalizer?: NormalizerJson;
  /** The value beyond the field of view, as the model sees it. */
  readonly outside: number;
  readonly unit: Unit;
  /** Whether its voxels are a `Uint8Array` in memory. Else they are a `Float32Array`. */
  readonly bytes?: boolean;
}

/** Numbers of an image as they are stored, x fastest. */
export type Codes = Uint8Array | Uint16Array | Float32Array;

type Coded = Pick<StoredImage, "as" | "slope" | "values"> & { readonly codes: Codes };

const LARGEST_HALF = 65504;
/** Finest step of HU: 1/64. A CT up to 4095 HU has steps of 1/8. */
const MOST_HALVINGS = 6;

/** To half precision: an error of at most 2^-11 of the value. What no half can hold stays float32. */
export function asHalf(values: Float32Array): Coded {
  for (let i = 0; i < values.length; i++)
    if (Math.abs(values[i]!) > LARGEST_HALF) return { as: "float32", codes: values };
  return { as: "float16", codes: toHalf(values) };
}

/** To the finest steps of HU that hold the range: 1/8 up to 4095 HU, so an error of at most 1/16 HU; 1 up to 32767 HU. Whole HU are exact. */
export function asHu(values: Float32Array): Coded {
  let most = 1;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most) most = size;
  }
  const halvings = Math.min(MOST_HALVINGS, Math.floor(Math.log2(32767 / most)));
  if (halvings < 0) return { as: "float32", codes: values };
  const steps = 2 ** halvings;
  const codes = new Int16Array(values.length);
  for (let i = 0; i < values.length; i++) codes[i] = Math.floor(values[i]! * steps + 0.5); // exact: Math.round, in a fraction of its time
  return { as: "int16", slope: 1 / steps, codes: new Uint16Array(codes.buffer) };
}

/** Labels and weights, of which there are few: exact. More than 256 different ones stay float32. Neighbours are mostly alike, so numbers go by stretches of one value. */
export function asTable(volume: Volume): Coded {
  const values = volume.data instanceof Uint8Array && isPlain(volume) ? volume.data : volume.values();
  const numbers = new Map<number, number>();
  const codes = new Uint8Array(values.length);
  for (let start = 0; start < values.length; ) {
    const value = values[start]!;
    const code = numbers.get(value) ?? numbers.size;
    if (code === 256) return { as: "float32", codes: volume.values() };
    numbers.set(value, code);
    const end = endOfStretch(values, start);
    codes.fill(code, start, end);
    start = end;
  }
  return { as: "uint8", values: [...numbers.keys()], codes };
}

function isPlain({ scaling: { slope, intercept } }: Volume): boolean {
  return slope === 1 && intercept === 0;
}

function endOfStretch(values: Float32Array | Uint8Array, start: number): number {
  const value = values[start]!;
  let end = start + 1;
  while (end < values.length && values[end] === value) end++;
  return end;
}

/** What each stored number stands for. Undefined for `float32`, whose numbers stand for themselves. */
export function meaningOf(image: StoredImage): Float32Array | undefined {
  if (image.as === "float32") return undefined;
  if (image.as === "uint8") return Float32Array.from({ length: 256 }, (_, n) => image.values?.[n] ?? 0);
  const all = Uint16Array.from({ length: 65536 }, (_, n) => n);
  if (image.as === "float16") return fromHalf(all);
  const hu = Float32Array.from(new Int16Array(all.buffer), (step) => step * image.slope!);
  return image.normalizer ? Normalizer.fromJSON(image.normalizer).applyValues(hu, hu) : hu;
}

/** Bytes of one number. */
export function bytesOf(as: StoredAs): 1 | 2 | 4 {
  return as === "uint8" ? 1 : as === "float32" ? 4 : 2;
}

/** The facts of a volume that is stored. */
export function factsOf({ unit, data }: Volume): Pick<StoredImage, "unit" | "bytes"> {
  return { unit, ...(data instanceof Uint8Array ? { bytes: true } : {}) };
}
