import type { Unit, Volume } from "./volume.ts";

/** What fills voxels that an image does not cover: for HU -1024, the lowest value of a 12-bit CT, as scanners pad; else 0. */
export function paddingOf(unit: Unit): number {
  return unit === "HU" ? -1024 : 0;
}

const LIMITS: readonly (readonly [new (n: number) => unknown, number, number])[] = [
  [Int8Array, -(2 ** 7), 2 ** 7 - 1],
  [Uint8Array, 0, 2 ** 8 - 1],
  [Int16Array, -(2 ** 15), 2 ** 15 - 1],
  [Uint16Array, 0, 2 ** 16 - 1],
  [Int32Array, -(2 ** 31), 2 ** 31 - 1],
  [Uint32Array, 0, 2 ** 32 - 1],
];

/** A value in the volume's unit as it is stored: for integers rounded, and the nearest that the type holds, since one too low would wrap round to bone. */
export function storedFill({ data, scaling }: Volume, value: number): number {
  const stored = (value - scaling.intercept) / scaling.slope;
  const limits = LIMITS.find(([type]) => data instanceof type);
  return limits ? Math.min(limits[2], Math.max(limits[1], Math.round(stored))) : stored;
}
