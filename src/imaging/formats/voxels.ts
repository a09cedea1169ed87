import { fail, throwIfAborted } from "../../base/errors/index.ts";
import type { VolumeData } from "../volume/index.ts";
import { allocate } from "./gzip.ts";

/** Stored kinds of voxel that a Volume can take; 64-bit integers become float64 where that is exact. */
export type VoxelType =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64";

type Stored = VolumeData | BigInt64Array | BigUint64Array;
type StoredArray = new (buffer: ArrayBufferLike, byteOffset?: number, length?: number) => Stored;

const TYPES: Readonly<Record<VoxelType, { readonly size: 1 | 2 | 4 | 8; readonly array: StoredArray }>> = {
  int8: { size: 1, array: Int8Array },
  uint8: { size: 1, array: Uint8Array },
  int16: { size: 2, array: Int16Array },
  uint16: { size: 2, array: Uint16Array },
  int32: { size: 4, array: Int32Array },
  uint32: { size: 4, array: Uint32Array },
  int64: { size: 8, array: BigInt64Array },
  uint64: { size: 8, array: BigUint64Array },
  float32: { size: 4, array: Float32Array },
  float64: { size: 8, array: Float64Array },
};

const HOST_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bytes of one voxel. */
export function sizeOf(type: VoxelType): number {
  return TYPES[type].size;
}

/** The stored kind of an array's numbers. */
export function voxelTypeOf(data: VolumeData): VoxelType {
  const found = Object.entries(TYPES).find(([, { array }]) => data instanceof array);
  return found![0] as VoxelType;
}

/** Where voxels lie in a file's bytes, and how. */
export interface VoxelPart {
  readonly type: VoxelType;
  readonly littleEndian: boolean;
  /** First byte. */
  readonly start: number;
  /** Voxels. */
  readonly count: number;
  /** The bytes are the reader's own: the result may be a view of them, and they may be turned to this machine's byte order. */
  readonly owned: boolean;
  /** The file, for messages. */
  readonly where: string;
  readonly signal?: AbortSignal;
}

/**
 * Voxels as a typed array in this machine's byte order: a view where the bytes are `owned`, aligned and mostly these voxels, else a copy.
 *
 * @throws MidashError `unsupported` when a 64-bit integer has no exact float64; `limit`; `aborted`
 */
export function decodeVoxels(bytes: Uint8Array, part: VoxelPart): VolumeData {
  const { type, start, count, where } = part;
  const { size, array } = TYPES[type];
  throwIfAborted(part.signal);
  let own = bytes.subarray(start, start + count * size);
  // One frame of many must not keep the others in memory.
  const most = own.byteLength > bytes.buffer.byteLength / 2;
  if (!part.owned || !most || own.byteOffset % size !== 0) {
    const copy = allocate(count * size, where);
    copy.set(own);
    own = copy;
  }
  throwIfAborted(part.signal);
  if (part.littleEndian !== HOST_LITTLE_ENDIAN) swapBytes(own, size);
  const stored = new array(own.buffer, own.byteOffset, count);
  const is64 = stored instanceof BigInt64Array || stored instanceof BigUint64Array;
  return is64 ? narrow(stored, type, where) : stored;
}

/** The bytes of voxels in the order asked for: a view where the machine's order is that one. */
export function encodeVoxels(data: VolumeData, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (littleEndian === HOST_LITTLE_ENDIAN) return bytes;
  const swapped = bytes.slice();
  swapBytes(swapped, data.BYTES_PER_ELEMENT);
  return swapped;
}

/** 64-bit integers as float64, or a refusal when one of them has no exact float64. */
function narrow(values: BigInt64Array | BigUint64Array, type: VoxelType, where: string): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const v = values[i]!;
    out[i] = Number(v);
    if (!Number.isSafeInteger(out[i]) && BigInt(out[i]!) !== v)
      fail("unsupported", `its ${type} voxels hold ${v}, which no float64 represents exactly`, {
        where,
        hint: "convert it to int32 or float64 first",
      });
  }
  return out;
}

/** Turns each voxel's bytes round, in place. Aligned bytes are swapped as whole words, ten times as fast. */
function swapBytes(bytes: Uint8Array, size: number): void {
  const { buffer, byteOffset: at, byteLength } = bytes;
  if (size === 1) return;
  if (size === 2 && at % 2 === 0) {
    const words = new Uint16Array(buffer, at, byteLength / 2);
    for (let i = 0; i < words.length; i++) words[i] = swap16(words[i]!);
  } else if (size > 2 && at % 4 === 0) {
    const words = new Uint32Array(buffer, at, byteLength / 4);
    if (size === 4) for (let i = 0; i < words.length; i++) words[i] = swap32(words[i]!);
    else
      for (let i = 0; i < words.length; i += 2) {
        const low = words[i]!;
        words[i] = swap32(words[i + 1]!);
        words[i + 1] = swap32(low);
      }
  } else for (let start = 0; start < byteLength; start += size) bytes.subarray(start, start + size).reverse();
}

function swap16(v: number): number {
  return (v << 8) | (v >>> 8);
}

function swap32(v: number): number {
  return (v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
}
