import { toHalf } from "../../../base/bytes/index.ts";

/** Where a weight lies in the buffer of weights, in bytes. */
export interface WeightRange {
  readonly offset: number;
  readonly bytes: number;
  /** In half precision, two numbers a word. */
  readonly half: boolean;
}

/** Of a binding's offset: WebGPU's largest. */
const ALIGNMENT = 256;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** All weights of a network, one behind the other, for one buffer. */
export class WeightStore {
  readonly #parts: { readonly offset: number; readonly data: Float32Array | Uint16Array }[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** @param mayHalve keep it in half precision where that changes no number: a model file in half precision was read */
  add(data: Float32Array, { mayHalve = false }: { readonly mayHalve?: boolean } = {}): WeightRange {
    const halves = mayHalve ? exactHalves(data) : undefined;
    const stored = halves ?? data;
    const range = {
      offset: this.#bytes,
      bytes: Math.ceil(stored.byteLength / 4) * 4,
      half: halves !== undefined,
    };
    this.#parts.push({ offset: range.offset, data: stored });
    this.#bytes += aligned(range.bytes);
    return range;
  }

  /** Copies all into the buffer's memory. */
  write(into: ArrayBuffer): void {
    const bytes = new Uint8Array(into);
    for (const { offset, data } of this.#parts)
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  }
}

/** The values in half precision, if all are exactly such numbers. Of others the first few tell. */
function exactHalves(data: Float32Array): Uint16Array | undefined {
  for (const word of new Uint32Array(data.buffer, data.byteOffset, data.length))
    if (!isHalf(word)) return undefined;
  return toHalf(data);
}

/** Whether a float's bits are those of a number that half precision has. */
function isHalf(word: number): boolean {
  const [exponent, fraction] = [(word >>> 23) & 0xff, word & 0x7fffff];
  if (exponent === 0) return fraction === 0;
  const shifted = exponent - 112; // the exponent of a half
  if (shifted > 0) return shifted < 31 && (fraction & 0x1fff) === 0;
  return shifted > -10 && ((fraction | 0x800000) & ((1 << (14 - shifted)) - 1)) === 0; // less than the smallest normal one
}
