import type { VolumeData } from "../volume/index.ts";
import { allocate } from "./gzip.ts";

/** Kinds of voxel that a format takes which takes all that a Volume can hold. */
export const VOLUME_TYPES = [
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "float32",
  "float64",
] as const;

/** What a format of a text header and voxels writes. */
export interface TextFile {
  /** Of the main file. */
  readonly name: string;
  /** Lines of the header; the last one ends with the line break before it. */
  readonly lines: readonly string[];
  readonly voxels: Uint8Array;
  /** The name of the voxels' own file; absent when they follow the header. */
  readonly detached?: string;
  /** The voxels may be a view of these, which are the caller's. */
  readonly data: VolumeData;
}

/** Header and voxels as one file, or as two. */
export function textFile({ name, lines, voxels, detached, data }: TextFile): Map<string, Uint8Array> {
  const head = new TextEncoder().encode(lines.join("\n"));
  if (detached !== undefined)
    return new Map([
      [name, head],
      [detached, voxels.buffer === data.buffer ? voxels.slice() : voxels],
    ]);
  const bytes = allocate(head.length + voxels.length, name);
  bytes.set(head);
  bytes.set(voxels, head.length);
  return new Map([[name, bytes]]);
}
