/** How things are looked at. */

import { orientationOf, type SliceAxis, sliceValues, type Volume } from "@midash/core";
import { batch, computed, signal } from "@preact/signals";

/** What fills the pictures. */
export type Shown = "mr" | "sct" | "fusion" | "ct" | "difference";
export type Overlay = "none" | "tissues" | "densities" | "uncertainty";
/** Windows of HU by name, or the MR's own. */
export type CtWindow = "wide" | "soft" | "brain" | "bone";

export const AXES: readonly SliceAxis[] = ["axial", "coronal", "sagittal"];

/** Where the three planes meet: voxels to the left's right, to the front, to the head, on the canonical RAS grid. */
export const cross = signal<readonly [number, number, number]>([0, 0, 0]);
/** Voxels along each of those axes. */
export const extent = signal<readonly [number, number, number]>([1, 1, 1]);
export const shown = signal<Shown>("mr");
/** Share of the CT in the fusion. */
export const mix = signal(0.5);
export const overlay = signal<Overlay>("none");
export const opacity = signal(0.5);
export const ctWindow = signal<CtWindow>("wide");
/** Contrast and brightness that were dragged, relative to the window: factor of its width, shift in shares of it. */
export const dragged = signal({ width: 1, shift: 0 });
export const zoom = signal(1);
/** The plane that fills the view on small screens. */
export const front = signal<SliceAxis>("axial");

/** The grid's axis that a plane's slices are counted along. */
export const THROUGH: Readonly<Record<SliceAxis, 0 | 1 | 2>> = { axial: 2, coronal: 1, sagittal: 0 };
/** The grid's axes along a plane's picture: from its left to its right, from its top to its bottom; both run against the grid. */
export const ALONG: Readonly<Record<SliceAxis, readonly [0 | 1, 1 | 2]>> = {
  axial: [0, 1],
  coronal: [0, 2],
  sagittal: [1, 2],
};

/** The middle of a new volume, in its own contrast. */
export function resetView(mr: Volume): void {
  const { width, height, count } = sliceValues(mr);
  batch(() => {
    extent.value = [width, height, count];
    cross.value = [width >> 1, height >> 1, count >> 1];
    shown.value = "mr";
    overlay.value = "none";
    dragged.value = { width: 1, shift: 0 };
    zoom.value = 1;
  });
}

/** Moves the crosshair, as far as there are voxels. */
export function moveTo(place: readonly number[]): void {
  const inside = place.map((n, axis) => Math.max(0, Math.min(extent.value[axis]! - 1, Math.round(n))));
  if (String(inside) !== String(cross.value)) cross.value = inside as unknown as typeof cross.value;
}

/** Moves the crosshair along one axis. */
export function moveAlong(axis: 0 | 1 | 2, to: number): void {
  moveTo(cross.value.map((n, a) => (a === axis ? to : n)));
}

export const zoomed = computed(() => zoom.value > 1);

/** Where in the data of a volume the crosshair is, whatever order its axes have. */
export function placeIn(volume: Volume, [i, j, k]: readonly [number, number, number] = cross.value): number {
  const strides = [1, volume.shape[0], volume.shape[0] * volume.shape[1]];
  const code = orientationOf(volume.affine);
  let place = 0;
  for (const [axis, letter] of [...code].entries()) {
    const world = "RL".includes(letter) ? 0 : "AP".includes(letter) ? 1 : 2;
    const at = [i, j, k][world]!;
    const along = "RAS".includes(letter) ? at : volume.shape[axis]! - 1 - at;
    place += along * strides[axis]!;
  }
  return place;
}

/** The value of a volume at the crosshair. */
export function valueAt(volume: Volume): number {
  const { slope, intercept } = volume.scaling;
  return slope * volume.data[placeIn(volume)]! + intercept;
}
