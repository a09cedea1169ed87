import type { Unit } from "./volume.ts";

/** What fills voxels that an image does not cover: for HU -1024, the lowest value of a 12-bit CT, as scanners pad; else 0. */
export function paddingOf(unit: Unit): number {
  return unit === "HU" ? -1024 : 0;
}
