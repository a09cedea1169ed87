import { assert } from "../../../base/errors/index.ts";
import { assertSameGrid, orientationOf, type Triple, type Volume } from "../../../imaging/volume/index.ts";
import type { Batch, SampleBatch, SliceRequest } from "../../../networks/models/index.ts";
import { Assembler } from "./assembler.ts";
import { type Plane, resize } from "./plane.ts";
import {
  at,
  copyPixels,
  copyScaled,
  dense,
  fillPixels,
  type PlaneSize,
  type Rectangle,
} from "./rectangle.ts";
import {
  readSlicerJson,
  resolveSliceOptions,
  type SliceAxis,
  type SliceFit,
  type SliceOptions,
  type SlicerJson,
} from "./slice-options.ts";
import { type Blend, blendShares, centredWindow, coveringWindows, sharedBy, type Window } from "./tiles.ts";

/** Voxel axes (0 x, 1 y, 2 z) that are H, W and the slice direction. */
const AXES: Readonly<Record<SliceAxis, { h: 0 | 1 | 2; w: 0 | 1 | 2; slice: 0 | 1 | 2 }>> = {
  axial: { h: 1, w: 0, slice: 2 },
  coronal: { h: 2, w: 0, slice: 1 },
  sagittal: { h: 2, w: 1, slice: 0 },
};

/**
 * Cuts volumes into equally large samples and puts samples back together on the source grid.
 *
 * Volumes lie on the canonical RAS grid. Axial slices have H = y, W = x; coronal H = z, W = x; sagittal H = z, W = y.
 * Channels are ordered by volume, and for each volume from the lowest slice (towards L, P or I) to the highest:
 * t1 below, t1, t1 above, t2 below, t2, t2 above.
 *
 * @example
 * const slicer = Slicer.slices({ axis: "axial", size: [256, 256] });
 * const batch = slicer.batch({ volumes: [t1, t2], indices: [40, 41, 42] }); // shape [3, 256, 256, 2]
 */
export class Slicer {
  readonly axis: SliceAxis;
  readonly size: readonly [number, number] | null;
  readonly fit: SliceFit;
  /** Neighbouring slices on each side that go along as channels. */
  readonly context: number;
  /** Of neighbouring tiles; without `tile` it has no effect. */
  readonly overlap: number;
  readonly blend: Blend;

  private constructor(options: SliceOptions) {
    const { axis, size, fit, context, overlap, blend } = resolveSliceOptions(options);
    this.axis = axis;
    this.size = size;
    this.fit = fit;
    this.context = context;
    this.overlap = overlap;
    this.blend = blend;
  }

  /** 2-D slices along one anatomical axis. */
  static slices(options: SliceOptions = {}): Slicer {
    return new Slicer(options);
  }

  /** @throws MidashError `invalid-file` when `json` is no slicer. */
  static fromJSON(json: unknown): Slicer {
    return new Slicer(readSlicerJson(json));
  }

  /** Plain data for model files; `JSON.stringify` calls it. */
  toJSON(): SlicerJson {
    const { axis, size, fit, context, overlap, blend } = this;
    return { type: "slices", axis, size, fit, context, ...(fit === "tile" ? { overlap, blend } : {}) };
  }

  /** The same slicer with another sample size. */
  withSize(size: readonly [number, number]): Slicer {
    return Slicer.fromJSON({ ...this.toJSON(), size });
  }

  /** Channels of a sample of so many volumes: each gives 2 · context + 1. */
  channels(volumes: number): number {
    return volumes * (2 * this.context + 1);
  }

  /** Number of samples in a volume of `shape`: its slices, or with `tile` slices times tiles. */
  count(shape: Triple): number {
    return shape[AXES[this.axis].slice] * this.#windows(shape).length;
  }

  /** [H, W] of a volume's own slices, before they are brought to `size`. */
  planeSize(shape: Triple): readonly [number, number] {
    const { h, w } = AXES[this.axis];
    return [shape[h], shape[w]];
  }

  /** @returns NHWC samples, one per index, {@link Slicer.channels} channels; the mask's middle slice with one channel. */
  batch(request: SliceRequest): Batch {
    const { volumes, indices, fill = [], context = this.context, mask, caseId = "" } = request;
    const first = volumes[0];
    assert(first && indices.length > 0, "needs at least one volume and one sample index", {
      where: { call: "Slicer.batch" },
    });
    for (const [c, volume] of volumes.entries()) {
      assertCanonical(volume);
      if (c > 0) assertSameGrid(first, volume, ["channel 0", `channel ${c}`], caseId || undefined);
    }
    if (mask) assertSameGrid(first, mask, ["channel 0", "mask"], caseId || undefined);
    const { shape } = first;
    const size = this.#sampleSize(shape);
    const pixels = size[0] * size[1];
    const slices = shape[AXES[this.axis].slice];
    const depth = 2 * context + 1;
    const channels = volumes.length * depth;
    const data = new Float32Array(indices.length * pixels * channels);
    const maskData = new Float32Array(mask ? indices.length * pixels : 0);
    for (const [n, { slice, window }] of this.#places(shape, indices).entries()) {
      for (const [v, volume] of volumes.entries())
        for (let d = 0; d < depth; d++) {
          const slot = {
            start: n * pixels * channels + v * depth + d,
            row: size[1] * channels,
            column: channels,
          };
          const taken = Math.min(slices - 1, Math.max(0, slice + d - context));
          this.#cut(volume, taken, window, { data, slot, outside: fill[v] ?? 0, how: "linear" });
        }
      if (mask) {
        const slot = dense(size[1], n * pixels);
        this.#cut(mask, slice, window, { data: maskData, slot, outside: 0, how: "nearest" });
      }
    }
    return {
      data,
      shape: [indices.length, ...size, channels],
      affine: first.affine,
      caseIds: indices.map(() => caseId),
      ...(mask ? { mask: maskData } : {}),
    };
  }

  /**
   * Puts samples back on the grid of `like`: exact where nothing was resized. Tiles are averaged with the weights of `blend`. What
   * a crop left out, and slices that were not given, are filled.
   *
   * @param samples in any order; of a slice that is cut into tiles all tiles, each once
   * @returns a Float32 volume on the grid of `like`
   */
  assemble(samples: Iterable<SampleBatch>, like: Volume, options: { readonly fill?: number } = {}): Volume {
    const assembler = this.assembler(like, options);
    for (const sample of samples) assembler.add(sample);
    return assembler.volume();
  }

  /** {@link Slicer.assemble} for samples that come one batch after the other and need not be kept until the last one. */
  assembler(like: Volume, options: { readonly fill?: number } = {}): Assembler {
    assertCanonical(like);
    const { fill = 0 } = options;
    const { shape } = like;
    const size = this.#sampleSize(shape);
    const extent = this.planeSize(shape);
    const windows = this.#windows(shape);
    return new Assembler({
      like,
      fill,
      size,
      extent,
      windows,
      slices: shape[AXES[this.axis].slice],
      shares: windows.length > 1 ? blendShares(windows, size, extent, this.blend) : undefined,
      resizes: this.#resizes(shape),
      planeAt: (slice) => this.#planeAt(shape, slice),
      places: (indices) => this.#places(shape, indices),
    });
  }

  #sampleSize(shape: Triple): PlaneSize {
    return this.size ?? this.planeSize(shape);
  }

  #resizes(shape: Triple): boolean {
    const [h, w] = this.planeSize(shape);
    const size = this.#sampleSize(shape);
    return this.fit === "resize" && (h !== size[0] || w !== size[1]);
  }

  /** The windows of each slice. */
  #windows(shape: Triple): readonly Window[] {
    const plane = this.planeSize(shape);
    const size = this.#sampleSize(shape);
    return this.fit === "tile" ? coveringWindows(plane, size, this.overlap) : [centredWindow(plane, size)];
  }

  /** Slice and window of samples. */
  #places(shape: Triple, indices: readonly number[]): { readonly slice: number; readonly window: Window }[] {
    const windows = this.#windows(shape);
    const count = this.count(shape);
    return indices.map((index) => {
      assert(
        Number.isInteger(index) && index >= 0 && index < count,
        `sample ${index} is outside 0 to ${count - 1}`,
        { where: { call: "Slicer" } },
      );
      return { slice: Math.floor(index / windows.length), window: windows[index % windows.length]! };
    });
  }

  /** Where a slice's pixels lie in x-fastest data. */
  #planeAt(shape: Triple, slice: number): Rectangle {
    const axes = AXES[this.axis];
    const stride: Triple = [1, shape[0], shape[0] * shape[1]];
    return { start: slice * stride[axes.slice], row: stride[axes.h], column: stride[axes.w] };
  }

  /** Brings one slice of a volume to the sample size and writes it to `slot` of `data`, which holds zeros there. */
  #cut(
    { shape, data: values, scaling }: Volume,
    slice: number,
    window: Window,
    to: {
      readonly data: Float32Array;
      readonly slot: Rectangle;
      readonly outside: number;
      readonly how: "nearest" | "linear";
    },
  ): void {
    const [height, width] = this.planeSize(shape);
    const size = this.#sampleSize(shape);
    const plane = this.#planeAt(shape, slice);
    const stored = scaling.slope === 1 && scaling.intercept === 0;
    if (this.#resizes(shape)) {
      let source: Plane = { data: values, ...plane, height, width };
      if (!stored) {
        const scaled = new Float32Array(height * width);
        copyScaled(values, plane, scaled, dense(width), [height, width], scaling);
        source = { data: scaled, ...dense(width), height, width };
      }
      copyPixels(resize(source, size, to.how), dense(size[1]), to.data, to.slot, size);
      return;
    }
    const { inWindow, inPlane, size: shared } = sharedBy(window, size, [height, width]);
    if (to.outside !== 0 && (shared[0] < size[0] || shared[1] < size[1]))
      fillPixels(to.data, to.slot, size, to.outside);
    const from = at(plane, inPlane.y, inPlane.x);
    const target = at(to.slot, inWindow.y, inWindow.x);
    if (stored) copyPixels(values, from, to.data, target, shared);
    else copyScaled(values, from, to.data, target, shared, scaling);
  }
}

function assertCanonical(volume: Volume): void {
  const orientation = orientationOf(volume.affine);
  assert(orientation === "RAS", `slices are cut on the canonical RAS grid, this volume is ${orientation}`, {
    where: { call: "Slicer" },
    hint: 'call reorient(volume, "RAS") first',
  });
}
