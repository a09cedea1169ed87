/** How things are looked at. */

import { orientationOf, type SliceAxis, sliceValues, type Volume } from "@midash/core";
import { batch, computed, signal } from "@preact/signals";

/** What fills the pictures. */
export type Shown = "mr" | "sct" | "fusion" | "ct" | "difference";
export type Overlay = "none" | "tissues" | "densities" | "uncertainty";
/** Windows of HU by name, or the MR's own. */
export type CtWindow = "wide" | "soft" | "brain" | "bone";

export const AXES: readonly SliceAxis[] = ["axial", "coronal", "sagittal"];

/** Voxels from the left to the right, from the back to the front, from the feet to the head, on the canonical RAS grid. */
export type Place = readonly [number, number, number];

/** Where the three planes meet. */
export const cross = signal<Place>([0, 0, 0]);
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
    hover.value = undefined;
  });
}

/** Axial slices of a volume. */
export const sliceCount = (volume: Volume) => sliceValues(volume).count;

/** Moves the crosshair, as far as there are voxels. */
export function moveTo(place: readonly number[]): void {
  const inside = nearest(place);
  if (String(inside) !== String(cross.value)) cross.value = inside;
}

/** The voxel that is nearest to a place. */
const nearest = (place: readonly number[]) =>
  place.map((n, axis) => Math.max(0, Math.min(extent.value[axis]! - 1, Math.round(n)))) as unknown as Place;

/** The voxel at a place; undefined beside the image. */
export function insideOf(place: readonly number[]): Place | undefined {
  const voxel = nearest(place);
  return voxel.every((n, axis) => Math.abs(n - place[axis]!) <= 0.5) ? voxel : undefined;
}

/** Moves the crosshair along one axis. */
export function moveAlong(axis: 0 | 1 | 2, to: number): void {
  moveTo(cross.value.map((n, a) => (a === axis ? to : n)));
}

export const zoomed = computed(() => zoom.value > 1);

/** Where the pointer is over a picture, if it is. */
export const hover = signal<Place | undefined>(undefined);

/** The voxel of a volume at a place of the canonical grid, whatever order its axes have. */
export function voxelIn(volume: Volume, place: Place = cross.value): Place {
  const along = [...orientationOf(volume.affine)].map((letter, axis) => {
    const at = place["RL".includes(letter) ? 0 : "AP".includes(letter) ? 1 : 2];
    return "RAS".includes(letter) ? at : volume.shape[axis]! - 1 - at;
  });
  return along as unknown as Place;
}

/** The value of a volume there. */
export function valueAt(volume: Volume, place: Place = cross.value): number {
  const [i, j, k] = voxelIn(volume, place);
  const { slope, intercept } = volume.scaling;
  return slope * volume.data[i + volume.shape[0] * (j + volume.shape[1] * k)]! + intercept;
}
