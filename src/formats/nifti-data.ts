import { fail, throwIfAborted } from "../errors/index.ts";
import type { VolumeData } from "../volume/index.ts";
import { allocate } from "./gzip.ts";
import type { NiftiHeader } from "./nifti-header.ts";

/** How voxels of one NIfTI datatype are stored. */
export interface Datatype {
  readonly name: string;
  /** Bytes a voxel. */
  readonly size: 1 | 2 | 4 | 8;
}

type Stored = VolumeData | BigInt64Array | BigUint64Array;
type StoredType = Datatype & { readonly array: new (buffer: ArrayBuffer) => Stored };

const READABLE: Readonly<Record<number, StoredType>> = {
  2: { name: "uint8", size: 1, array: Uint8Array },
  4: { name: "int16", size: 2, array: Int16Array },
  8: { name: "int32", size: 4, array: Int32Array },
  16: { name: "float32", size: 4, array: Float32Array },
  64: { name: "float64", size: 8, array: Float64Array },
  256: { name: "int8", size: 1, array: Int8Array },
  512: { name: "uint16", size: 2, array: Uint16Array },
  768: { name: "uint32", size: 4, array: Uint32Array },
  1024: { name: "int64", size: 8, array: BigInt64Array },
  1280: { name: "uint64", size: 8, array: BigUint64Array },
};

const UNREADABLE: Readonly<Record<number, string>> = {
  1: "binary (1 bit)",
  32: "complex64",
  128: "RGB24",
  1536: "float128",
  1792: "complex128",
  2048: "complex256",
  2304: "RGBA32",
};

const HOST_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** @throws MidashError `unsupported` naming the type, or `invalid-file` for a code NIfTI does not define */
export function datatypeOf(header: NiftiHeader, where: string): Datatype {
  const known = READABLE[header.datatype];
  if (known) return known;
  const name = UNREADABLE[header.datatype];
  if (name)
    fail(
      "unsupported",
      `its voxels are ${name}, only real numbers of up to 64 bits can be read`,
      where,
      "convert it first, e.g. to float32 magnitude",
    );
  return fail(
    "invalid-file",
    `datatype code ${header.datatype} is not one of NIfTI's`,
    where,
    "get the file again",
  );
}

/** Copies `count` voxels from byte `start` of `bytes` into a typed array of the native type and byte order. */
export function decodeVoxels(
  bytes: Uint8Array,
  header: NiftiHeader,
  part: {
    readonly start: number;
    readonly count: number;
    readonly where: string;
    readonly signal?: AbortSignal;
  },
): VolumeData {
  const { name, size, array } = READABLE[header.datatype]!;
  const own = allocate(part.count * size, part.where);
  own.set(bytes.subarray(part.start, part.start + own.length));
  throwIfAborted(part.signal);
  if (header.littleEndian !== HOST_LITTLE_ENDIAN) swapBytes(own, size);
  const stored = new array(own.buffer);
  const is64 = stored instanceof BigInt64Array || stored instanceof BigUint64Array;
  return is64 ? narrow(stored, name, part.where) : stored;
}

/** The datatype code for an array, and its bytes in little-endian order (a view where the host already is). */
export function encodeVoxels(
  data: VolumeData,
): Datatype & { readonly code: number; readonly bytes: Uint8Array } {
  const [code, { name, size }] = Object.entries(READABLE).find(([, type]) => data instanceof type.array)!;
  let bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (!HOST_LITTLE_ENDIAN) {
    bytes = bytes.slice();
    swapBytes(bytes, size);
  }
  return { name, size, code: Number(code), bytes };
}

/** 64-bit integers as float64, or a refusal when one of them has no exact float64. */
function narrow(values: BigInt64Array | BigUint64Array, name: string, where: string): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const v = values[i]!;
    out[i] = Number(v);
    if (!Number.isSafeInteger(out[i]) && BigInt(out[i]!) !== v)
      fail(
        "unsupported",
        `its ${name} voxels hold ${v}, which no float64 represents exactly`,
        where,
        "convert it to int32 or float64 first",
      );
  }
  return out;
}

function swapBytes(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  for (let start = 0; start < bytes.length; start += size)
    for (let a = start, b = start + size - 1; a < b; a++, b--) {
      const kept = bytes[a]!;
      bytes[a] = bytes[b]!;
      bytes[b] = kept;
    }
}
