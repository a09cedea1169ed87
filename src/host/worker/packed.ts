import { Volume, type VolumeData, type VolumeInit } from "../../imaging/volume/index.ts";

/** A Volume on its way to another thread, where classes don't arrive. */
interface PackedVolume {
  readonly midashVolume: VolumeInit;
}

/** Plain data with each Volume as its parts; what is a function stays behind. @param buffers gets the memory of all volumes */
export function pack(value: unknown, buffers?: Set<ArrayBuffer>): unknown {
  if (Volume.is(value)) {
    if (value.data.buffer instanceof ArrayBuffer) buffers?.add(value.data.buffer);
    return { midashVolume: { ...value } } satisfies PackedVolume;
  }
  return mapParts(value, (part) => pack(part, buffers));
}

/** Bytes that are copied before others get their turn: some milliseconds' worth. Below, a volume is left to the structured clone. */
const PIECE = 1 << 22;

/**
 * As {@link pack}, with copies of large volumes to be transferred. They are made piece by piece: a structured clone of a whole head holds a page up for a tenth of a second. Volumes of one
 * memory have one copy, and what is shared between threads stays so.
 */
export async function packCopies(
  value: unknown,
): Promise<{ readonly packed: unknown; readonly transfer: readonly ArrayBuffer[] }> {
  const buffers = new Set<ArrayBuffer>();
  const packed = pack(value, buffers);
  const copies = new Map<ArrayBuffer, ArrayBuffer>();
  for (const buffer of buffers) if (buffer.byteLength > PIECE) copies.set(buffer, await copyOf(buffer));
  return { packed: onCopies(packed, copies), transfer: [...copies.values()] };
}

async function copyOf(buffer: ArrayBuffer): Promise<ArrayBuffer> {
  const [from, to] = [new Uint8Array(buffer), new Uint8Array(buffer.byteLength)];
  for (let start = 0; start < from.length; start += PIECE) {
    to.set(from.subarray(start, start + PIECE), start);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return to.buffer;
}

/** Packed volumes whose memory is that of the copies, where there are some. */
function onCopies(packed: unknown, copies: ReadonlyMap<ArrayBufferLike, ArrayBuffer>): unknown {
  if (typeof packed === "object" && packed !== null && "midashVolume" in packed) {
    const { midashVolume } = packed as PackedVolume;
    const { data } = midashVolume;
    const copy = copies.get(data.buffer);
    if (!copy) return packed;
    const View = data.constructor as new (buffer: ArrayBuffer, start: number, length: number) => VolumeData;
    return {
      midashVolume: { ...midashVolume, data: new View(copy, data.byteOffset, data.length) },
    } satisfies PackedVolume;
  }
  return mapParts(packed, (part) => onCopies(part, copies));
}

/** The inverse of {@link pack}. */
export function unpack(value: unknown): unknown {
  if (typeof value === "object" && value !== null && "midashVolume" in value)
    return new Volume((value as PackedVolume).midashVolume);
  return mapParts(value, unpack);
}

function mapParts(value: unknown, map: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (typeof value !== "object" || value === null || !isPlain(value)) return value;
  const entries = Object.entries(value).filter(([, part]) => typeof part !== "function");
  return Object.fromEntries(entries.map(([name, part]) => [name, map(part)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // of another realm too
}
