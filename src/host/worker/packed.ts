import { Volume, type VolumeInit } from "../../imaging/volume/index.ts";

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
