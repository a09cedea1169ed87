import { assert } from "../errors/index.ts";
import { assertSameGrid, orientationOf, type Triple, type Volume } from "../volume/index.ts";
import type { Batch, SampleBatch, SliceRequest } from "./batch.ts";
import { copyInto, type Plane, type PlaneSize, resize } from "./plane.ts";
import {
  readSlicerJson,
  resolveSliceOptions,
  type SliceAxis,
  type SliceFit,
  type SliceOptions,
  type SlicerJson,
} from "./slice-options.ts";
import {
  type Blend,
  blendShares,
  centredWindow,
  coveringWindows,
  cut,
  overlay,
  type Window,
} from "./windows.ts";

/** A window of the plane's own size. */
const WHOLE: Window = { top: 0, left: 0 };

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
    assert(first && indices.length > 0, "needs at least one volume and one sample index", "Slicer.batch");
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
    const sources = volumes.map(readable);
    const maskValues = mask && readable(mask);
    const places = this.#places(shape, indices);
    for (const [n, { slice, window }] of places.entries()) {
      const sample = (source: ArrayLike<number>, at: number, outside: number, how: "nearest" | "linear") => {
        const plane = this.#plane(shape, Math.min(slices - 1, Math.max(0, at)), source);
        return this.#resizes(shape) ? resize(plane, size, how) : cut(plane, window, size, outside);
      };
      for (const [v, source] of sources.entries())
        for (let d = 0; d < depth; d++) {
          const taken = sample(source, slice + d - context, fill[v] ?? 0, "linear");
          copyInto(data, taken, n * pixels * channels + v * depth + d, channels);
        }
      if (maskValues) maskData.set(sample(maskValues, slice, 0, "nearest"), n * pixels);
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
    assertCanonical(like);
    const { fill = 0 } = options;
    const { shape } = like;
    const size = this.#sampleSize(shape);
    const extent = this.planeSize(shape);
    const tiles = this.#windows(shape).length;
    const shares = tiles > 1 ? blendShares(this.#windows(shape), size, extent, this.blend) : undefined;
    const data = new Float32Array(like.size).fill(fill);
    const given = new Map<number, Set<number>>(); // the samples of each slice
    for (const { batch, indices } of samples) {
      assert(
        [indices.length, ...size, 1].every((n, d) => n === batch.shape[d]) && batch.shape.length === 4,
        `expected [${indices.length}, ${size.join(", ")}, 1], got [${batch.shape.join(", ")}]`,
        "Slicer.assemble",
      );
      for (const [n, { slice, window }] of this.#places(shape, indices).entries()) {
        const place = this.#plane(shape, slice, data);
        const known = given.get(slice) ?? new Set();
        given.set(slice, known.add(indices[n]!));
        const start = n * size[0] * size[1];
        const sample: Plane = {
          data: batch.data,
          height: size[0],
          width: size[1],
          start,
          row: size[1],
          column: 1,
        };
        if (this.#resizes(shape)) {
          const resized = resize(sample, extent, "linear");
          overlay(WHOLE, extent, place, (p, q) => {
            data[q] = resized[p]!;
          });
        } else if (shares) {
          if (known.size === 1)
            overlay(WHOLE, extent, place, (_, q) => {
              data[q] = 0;
            });
          const share = shares[indices[n]! % tiles]!;
          overlay(window, size, place, (p, q) => {
            data[q]! += batch.data[start + p]! * share[p]!;
          });
        } else
          overlay(window, size, place, (p, q) => {
            data[q] = batch.data[start + p]!;
          });
      }
    }
    for (const [slice, { size: count }] of given)
      assert(
        count === tiles,
        `slice ${slice} has ${count} of its ${tiles} tiles`,
        "Slicer.assemble",
        "give all of them",
      );
    return like.with({ data });
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
        "Slicer",
      );
      return { slice: Math.floor(index / windows.length), window: windows[index % windows.length]! };
    });
  }

  /** A view of one slice of x-fastest `data`. */
  #plane(shape: Triple, index: number, data: ArrayLike<number>): Plane {
    const { h, w, slice } = AXES[this.axis];
    const stride: Triple = [1, shape[0], shape[0] * shape[1]];
    return {
      data,
      height: shape[h],
      width: shape[w],
      start: index * stride[slice],
      row: stride[h],
      column: stride[w],
    };
  }
}

/** The values, without converting a whole volume where the stored array already holds them. */
function readable(volume: Volume): ArrayLike<number> {
  const { slope, intercept } = volume.scaling;
  return slope === 1 && intercept === 0 ? volume.data : volume.values();
}

function assertCanonical(volume: Volume): void {
  const orientation = orientationOf(volume.affine);
  assert(
    orientation === "RAS",
    `slices are cut on the canonical RAS grid, this volume is ${orientation}`,
    "Slicer",
    'call reorient(volume, "RAS") first',
  );
}
