import { MidashError, type Warning } from "../../../base/errors/index.ts";
import type { Grid, ImageOrigin } from "../../../imaging/volume/index.ts";
import { bytesOf, type StoredImage } from "./stored-image.ts";

/** Whose shard it is, and what it was made of. */
export interface ShardFacts {
  readonly id: string;
  readonly patient?: string;
  readonly centre?: string;
  /** Tells one state of the source from another, in whatever way its writer does. */
  readonly fingerprint?: string;
  readonly origin?: ImageOrigin;
  readonly warnings: readonly Warning[];
}

/** What a shard says of itself, as JSON at its beginning. */
export interface ShardHeader {
  readonly schema: 1;
  readonly facts: ShardFacts;
  /** The model's grid. */
  readonly grid: Grid;
  /** Of the subject before each step. */
  readonly grids: readonly Grid[];
  /** Voxel axis that planes lie across: 0 x, 1 y, 2 z. */
  readonly axis: 0 | 1 | 2;
  /** In the order in which they lie in the record of each plane. */
  readonly images: readonly StoredImage[];
  /** How many steps the CT that scores compare with has gone through. Absent without one. */
  readonly referenceSteps?: number;
  readonly simulated: boolean;
  /** In memory, once prepared, roughly. */
  readonly bytes: number;
}

const MAGIC = "midash shard 1\n\n";
/** Of the magic and the length of the header. */
export const SHARD_START = 24;
/** The SHA-256 of all before it ends a shard. */
export const SHARD_END = 32;

/** Where one image lies in the record of a plane. */
export interface Spot {
  readonly image: StoredImage;
  readonly at: number;
  readonly length: number;
}

/** How a shard's payload lies: a record a plane, in it the plane of each image. */
export interface ShardLayout {
  readonly planes: number;
  readonly rows: number;
  readonly columns: number;
  /** Bytes of a record. */
  readonly record: number;
  readonly spots: readonly Spot[];
}

/** Each image begins at a multiple of 8 bytes, so that it can be read in place. */
const aligned = (n: number) => Math.ceil(n / 8) * 8;

export function shardLayout({ grid: { shape }, axis, images }: ShardHeader): ShardLayout {
  const planes = shape[axis];
  const [columns, rows] = shape.filter((_, d) => d !== axis) as [number, number];
  let at = 0;
  const spots = images.map((image) => {
    const spot = { image, at, length: rows * columns * bytesOf(image.as) };
    at += aligned(spot.length);
    return spot;
  });
  return { planes, rows, columns, record: at, spots };
}

/** The header as bytes; records follow. */
export function encodeHeader(header: ShardHeader): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = aligned(SHARD_START + json.length) - SHARD_START;
  const bytes = new Uint8Array(SHARD_START + length).fill(0x20);
  new TextEncoder().encodeInto(MAGIC, bytes);
  new DataView(bytes.buffer).setUint32(16, length, true);
  bytes.fill(0, 20, SHARD_START);
  bytes.set(json, SHARD_START);
  return bytes;
}

/** Bytes of the header after {@link SHARD_START}. @throws MidashError `invalid-file` for what is no shard */
export function headerLength(start: Uint8Array, where: string): number {
  const magic = new TextDecoder().decode(start.subarray(0, MAGIC.length));
  if (start.length < SHARD_START || magic !== MAGIC) throw notShard(where);
  return new DataView(start.buffer, start.byteOffset).getUint32(16, true);
}

/** @throws MidashError `invalid-file` */
export function parseHeader(json: Uint8Array, where: string): ShardHeader {
  try {
    const header = JSON.parse(new TextDecoder().decode(json)) as ShardHeader;
    if (header.schema === 1 && header.images.length > 0) return header;
  } catch (cause) {
    throw notShard(where, cause);
  }
  throw notShard(where);
}

function notShard(where: string, cause?: unknown): MidashError {
  return new MidashError("invalid-file", "is no shard of a prepared case, or a damaged one", {
    where,
    hint: "remove it and prepare the case again",
    cause,
  });
}
