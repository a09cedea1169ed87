import { assert } from "../../../base/errors/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import type { SampleBatch } from "../../../networks/models/index.ts";
import { resize } from "./plane.ts";
import {
  addWeighted,
  at,
  copyPixels,
  dense,
  fillPixels,
  type PlaneSize,
  type Rectangle,
} from "./rectangle.ts";
import { sharedBy, type Window } from "./tiles.ts";

/** A sample's slice and window. */
export interface Place {
  readonly slice: number;
  readonly window: Window;
}

/** How a Slicer lays samples on a volume. */
export interface Layout {
  readonly like: Volume;
  readonly fill: number;
  /** Of samples, and of the volume's slices. */
  readonly size: PlaneSize;
  readonly extent: PlaneSize;
  readonly slices: number;
  /** Of each slice, and where there are several what each pixel of each counts. */
  readonly windows: readonly Window[];
  readonly shares: readonly Float64Array[] | undefined;
  readonly resizes: boolean;
  planeAt(slice: number): Rectangle;
  places(indices: readonly number[]): readonly Place[];
}

/**
 * Puts samples back on a grid as they come. Made by `Slicer.assembler`.
 *
 * @example
 * const assembler = slicer.assembler(mr, { fill: -1000 });
 * assembler.add({ batch: await model.predict(input, options), indices }); // batch by batch, in any order
 * const volume = assembler.volume();
 */
export class Assembler {
  readonly #layout: Layout;
  readonly #data: Float32Array;
  /** The samples given of each slice. */
  readonly #given = new Map<number, Set<number>>();

  /** @internal */
  constructor(layout: Layout) {
    this.#layout = layout;
    this.#data = new Float32Array(layout.like.size);
  }

  /** @throws MidashError `invalid-argument` for samples of another shape or outside the volume */
  add({ batch, indices }: SampleBatch): void {
    const { size, windows, places } = this.#layout;
    assert(
      [indices.length, ...size, 1].every((n, d) => n === batch.shape[d]) && batch.shape.length === 4,
      `expected [${indices.length}, ${size.join(", ")}, 1], got [${batch.shape.join(", ")}]`,
      { where: { call: "Slicer.assemble" } },
    );
    for (const [n, place] of places(indices).entries()) {
      const index = indices[n]!;
      const known = this.#given.get(place.slice) ?? new Set();
      this.#given.set(place.slice, known.add(index));
      const sample = dense(size[1], n * size[0] * size[1]);
      this.#lay(batch.data, sample, place, index % windows.length, known.size === 1);
    }
  }

  /**
   * The volume so far: Float32, on the grid of `like`. What no sample covers is filled. Its values are the assembler's own: add nothing afterwards.
   *
   * @throws MidashError `invalid-argument` when a slice lacks some of its tiles
   */
  volume(): Volume {
    const { like, fill, extent, slices, windows, planeAt } = this.#layout;
    for (const [slice, { size: count }] of this.#given)
      assert(count === windows.length, `slice ${slice} has ${count} of its ${windows.length} tiles`, {
        where: { call: "Slicer.assemble" },
        hint: "give all of them",
      });
    if (fill !== 0)
      for (let slice = 0; slice < slices; slice++)
        if (!this.#given.has(slice)) fillPixels(this.#data, planeAt(slice), extent, fill);
    return like.with({ data: this.#data });
  }

  /** Writes one sample, `first` of its slice or not. */
  #lay(
    values: Float32Array,
    sample: Rectangle,
    { slice, window }: Place,
    tile: number,
    first: boolean,
  ): void {
    const { size, extent, fill, shares, resizes, planeAt } = this.#layout;
    const plane = planeAt(slice);
    if (resizes) {
      const resized = resize({ data: values, ...sample, height: size[0], width: size[1] }, extent, "linear");
      copyPixels(resized, dense(extent[1]), this.#data, plane, extent);
      return;
    }
    const { inWindow, inPlane, size: shared } = sharedBy(window, size, extent);
    const from = at(sample, inWindow.y, inWindow.x);
    const to = at(plane, inPlane.y, inPlane.x);
    if (shares) {
      if (first) fillPixels(this.#data, plane, extent, 0);
      const weights = shares[tile]!;
      const source = { data: values, weights, weightsStart: from.start - sample.start };
      addWeighted(source, from, this.#data, to, shared);
      return;
    }
    // A crop leaves a rim of the slice over.
    if (fill !== 0 && (shared[0] < extent[0] || shared[1] < extent[1]))
      fillPixels(this.#data, plane, extent, fill);
    copyPixels(values, from, this.#data, to, shared);
  }
}
