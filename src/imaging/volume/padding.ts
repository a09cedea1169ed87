import { backgroundOf } from "./usual-range.ts";
import type { Volume } from "./volume.ts";

/** HU of what a CT does not cover: the lowest value of a 12-bit CT, as scanners pad. */
const BEYOND_CT = -1024;

/** What fills voxels that an image does not cover: air for HU, the image's own background for MR (`arbitrary`), 0 for what may be a mask or labels (`unknown`). */
export function paddingOf(volume: Volume): number {
  if (volume.unit === "HU") return BEYOND_CT;
  return volume.unit === "arbitrary" ? backgroundOf(volume) : 0;
}

const LIMITS: readonly (readonly [new (n: number) => unknown, number, number])[] = [
  [Int8Array, -128, 127],
  [Uint8Array, 0, 255],
  [Int16Array, -32_768, 32_767],
  [Uint16Array, 0, 65_535],
  [Int32Array, -2_147_483_648, 2_147_483_647],
  [Uint32Array, 0, 4_294_967_295],
];

/** A value in the volume's unit as it is stored: for integers rounded, and the nearest that the type holds, since one too low would wrap round to bone. */
export function storedFill({ data, scaling }: Volume, value: number): number {
  const stored = (value - scaling.intercept) / scaling.slope;
  const limits = LIMITS.find(([type]) => data instanceof type);
  return limits ? Math.min(limits[2], Math.max(limits[1], Math.round(stored))) : stored;
}
