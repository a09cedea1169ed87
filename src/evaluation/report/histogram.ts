import type { RasCase } from "./ras-case.ts";

/** Width of a bin in HU. */
const WIDTH = 20;
/** HU at the lower end of the first bin and the upper end of the last: what 12-bit CT holds. */
const [LOW, HIGH] = [-1040, 3080];

/** How often HU values occur in sCT and CT over the same voxels. */
export interface HuHistogram {
  readonly voxels: number;
  /** HU: bin b holds low + b · width ≤ HU < low + (b + 1) · width. */
  readonly low: number;
  readonly width: number;
  /** Voxels by bin, from the first bin that is not empty in both to the last. */
  readonly sct: readonly number[];
  readonly ct: readonly number[];
  /** Voxels below the first or above the last possible bin: -1040 and 3080 HU. */
  readonly outside: { readonly sct: number; readonly ct: number };
}

/** Scored voxels of all cases that have a CT, together; undefined without any. Voxels that are not finite are left out. */
export function huHistogram(cases: readonly RasCase[]): HuHistogram | undefined {
  const bins = (HIGH - LOW) / WIDTH;
  const counts = { sct: new Array<number>(bins).fill(0), ct: new Array<number>(bins).fill(0) };
  const outside = { sct: 0, ct: 0 };
  let voxels = 0;
  for (const { sct, ct, scored } of cases) {
    if (!sct || !ct) continue;
    const values = { sct: sct.values(), ct: ct.values() };
    for (let i = 0; i < sct.size; i++) {
      if ((scored && !scored[i]) || !Number.isFinite(values.sct[i]!) || !Number.isFinite(values.ct[i]!))
        continue;
      voxels++;
      for (const name of ["sct", "ct"] as const) {
        const bin = Math.floor((values[name][i]! - LOW) / WIDTH);
        if (bin < 0 || bin >= bins) outside[name]++;
        else counts[name][bin]!++;
      }
    }
  }
  if (voxels === 0) return undefined;
  const filled = counts.sct.map((n, b) => n + counts.ct[b]! > 0);
  const first = Math.max(0, filled.indexOf(true));
  const end = filled.lastIndexOf(true) + 1;
  return {
    voxels,
    low: LOW + first * WIDTH,
    width: WIDTH,
    sct: counts.sct.slice(first, end),
    ct: counts.ct.slice(first, end),
    outside,
  };
}
