/** Values along a straight line. */
import { applyAffine, type Volume } from "@midash/core";
import { computed, signal } from "@preact/signals";
import { early } from "./early.ts";
import type { ChartCurve } from "./parts/chart.tsx";
import { made, study } from "./study.ts";
import { cross, type Place, valueAt, voxelIn } from "./view.ts";

/** Where the line begins; it ends at the crosshair. Undefined: there is none. */
export const lineFrom = signal<Place | undefined>(undefined);
/** Whether dragging in a picture draws a line. */
export const drawing = signal(false);

export interface Profile {
  /** mm from the line's beginning. */
  readonly at: readonly number[];
  readonly mr: readonly ChartCurve[];
  /** HU of what is there of synthetic and measured CT. */
  readonly hu: readonly ChartCurve[];
}

/** The values of all that is open along the line, at the nearest voxels, as many as it crosses along its longest side. */
export const profile = computed((): Profile | undefined => {
  const [opened, from, to] = [study.value, lineFrom.value, cross.value];
  if (!opened || !from || String(from) === String(to)) return undefined;
  const steps = Math.max(...from.map((start, axis) => Math.abs(to[axis]! - start)));
  const places = Array.from({ length: steps + 1 }, (_, n) =>
    from.map((start, axis) => Math.round(start + ((to[axis]! - start) * n) / steps)),
  ) as unknown as Place[];
  const mm = (place: Place) => applyAffine(opened.mr.affine, voxelIn(opened.mr, place));
  const begin = mm(from);
  const at = places.map((place) => Math.hypot(...mm(place).map((value, axis) => value - begin[axis]!)));
  const along = (name: string, volume: Volume): ChartCurve => ({
    name,
    y: places.map((place) => {
      const value = valueAt(volume, place);
      return Number.isNaN(value) ? undefined : value;
    }),
  });
  const sct = made.value?.sct ?? early.value?.sct;
  return {
    at,
    mr: [along("MR", opened.mr)],
    hu: [...(sct ? [along("sCT", sct)] : []), ...(opened.ct ? [along("CT", opened.ct)] : [])],
  };
});
