import { assert, MidashError } from "../errors/index.ts";
import { assertSameGrid, orientationOf, type Triple, type Volume } from "../volume/index.ts";
import type { Batch } from "./batch.ts";
import { copyInto, fitPlane, type Plane } from "./plane.ts";

/** The direction in which a volume is cut. */
export type SliceAxis = "axial" | "coronal" | "sagittal";

/** Options of {@link Slicer.slices}. */
export interface SliceOptions {
  /** Default `axial`, as in the capstone and in most published 2-D sCT work. */
  readonly axis?: SliceAxis;
  /** [H, W] of every sample. Default: the volume's own slice size. */
  readonly size?: readonly [number, number];
  /** How a slice gets to `size`. Default `crop-pad`: centred, no interpolation, so nothing is lost on the way back. */
  readonly fit?: "crop-pad" | "resize";
}

/** A {@link Slicer} as data, as it travels in model files. */
export interface SlicerJson {
  readonly type: "slices";
  readonly axis: SliceAxis;
  readonly size: readonly [number, number] | null;
  readonly fit: "crop-pad" | "resize";
}

/** Voxel axes (0 x, 1 y, 2 z) that are H, W and the slice direction. */
const AXES: Readonly<Record<SliceAxis, { h: 0 | 1 | 2; w: 0 | 1 | 2; slice: 0 | 1 | 2 }>> = {
  axial: { h: 1, w: 0, slice: 2 },
  coronal: { h: 2, w: 0, slice: 1 },
  sagittal: { h: 2, w: 1, slice: 0 },
};

/** Which volumes and slices go into a {@link Batch}. */
export interface SliceRequest {
  /** One volume per channel, all on one canonical (RAS) grid. */
  readonly volumes: readonly Volume[];
  /** Slice numbers along the slice axis, 0 first. */
  readonly indices: readonly number[];
  /** Value outside the volume when a slice is padded, one per channel. Default 0. */
  readonly fill?: readonly number[];
  readonly mask?: Volume;
  readonly caseId?: string;
}

/**
 * Cuts volumes into equally large samples and puts samples back together on the source grid.
 *
 * Volumes lie on the canonical RAS grid. Axial slices have H = y, W = x; coronal H = z, W = x; sagittal H = z, W = y.
 *
 * @example
 * const slicer = Slicer.slices({ axis: "axial", size: [256, 256] });
 * const batch = slicer.batch({ volumes: [t1, t2], indices: [40, 41, 42] }); // shape [3, 256, 256, 2]
 */
export class Slicer {
  readonly axis: SliceAxis;
  readonly size: readonly [number, number] | null;
  readonly fit: "crop-pad" | "resize";

  private constructor(json: SlicerJson) {
    assert(json.axis in AXES, `axis must be axial, coronal or sagittal, got "${json.axis}"`, "Slicer");
    assert(
      json.fit === "crop-pad" || json.fit === "resize",
      `fit must be crop-pad or resize, got "${json.fit}"`,
      "Slicer",
    );
    assert(
      json.size === null || (json.size.length === 2 && json.size.every((n) => Number.isInteger(n) && n > 0)),
      `size must be [height, width] in pixels, got ${JSON.stringify(json.size)}`,
      "Slicer",
    );
    this.axis = json.axis;
    this.size = json.size;
    this.fit = json.fit;
  }

  /** 2-D slices along one anatomical axis. */
  static slices(options: SliceOptions = {}): Slicer {
    const { axis = "axial", size = null, fit = "crop-pad" } = options;
    return new Slicer({ type: "slices", axis, size, fit });
  }

  /** @throws MidashError `invalid-file` when `json` is no slicer. */
  static fromJSON(json: unknown): Slicer {
    const value = json as Partial<SlicerJson> | null;
    if (typeof value !== "object" || value === null || value.type !== "slices" || !value.axis || !value.fit)
      throw new MidashError("invalid-file", `not a slicer: ${JSON.stringify(json)}`, {
        where: "Slicer.fromJSON",
      });
    return new Slicer({ type: "slices", axis: value.axis, size: value.size ?? null, fit: value.fit });
  }

  toJSON(): SlicerJson {
    return { type: "slices", axis: this.axis, size: this.size, fit: this.fit };
  }

  /** The same slicer with another sample size. */
  withSize(size: readonly [number, number]): Slicer {
    return new Slicer({ ...this.toJSON(), size });
  }

  /** Number of slices in a volume of `shape`. */
  count(shape: Triple): number {
    return shape[AXES[this.axis].slice];
  }

  /** [H, W] of a volume's own slices, before they are brought to `size`. */
  planeSize(shape: Triple): readonly [number, number] {
    const { h, w } = AXES[this.axis];
    return [shape[h], shape[w]];
  }

  /** @returns NHWC samples, one per index, one channel per volume. */
  batch(request: SliceRequest): Batch {
    const { volumes, indices, fill = [], mask, caseId = "" } = request;
    const first = volumes[0];
    assert(first && indices.length > 0, "needs at least one volume and one slice index", "Slicer.batch");
    for (const [c, volume] of volumes.entries()) {
      assertCanonical(volume);
      if (c > 0) assertSameGrid(first, volume, ["channel 0", `channel ${c}`], caseId || undefined);
    }
    if (mask) assertSameGrid(first, mask, ["channel 0", "mask"], caseId || undefined);
    const [h, w] = this.size ?? this.planeSize(first.shape);
    const channels = volumes.length;
    const data = new Float32Array(indices.length * h * w * channels);
    const sources = volumes.map(readable);
    for (const [n, index] of indices.entries())
      for (let c = 0; c < channels; c++) {
        const plane = this.plane(first.shape, index, sources[c]!);
        const fitted = fitPlane(plane, [h, w], this.fit, fill[c] ?? 0, "linear");
        copyInto(data, fitted, n * h * w * channels + c, channels);
      }
    const out = { data, shape: [indices.length, h, w, channels], affine: first.affine };
    const caseIds = indices.map(() => caseId);
    if (!mask) return { ...out, caseIds };
    const maskData = new Float32Array(indices.length * h * w);
    const maskValues = readable(mask);
    for (const [n, index] of indices.entries()) {
      const plane = this.plane(first.shape, index, maskValues);
      copyInto(maskData, fitPlane(plane, [h, w], this.fit, 0, "nearest"), n * h * w, 1);
    }
    return { ...out, caseIds, mask: maskData };
  }

  /**
   * Puts samples back on the grid of `like`: exact where nothing was resized. What a crop left out is filled.
   *
   * @param samples one-channel NHWC batches with the slice indices they hold
   * @returns a Float32 volume on the grid of `like`
   */
  assemble(
    samples: Iterable<{ readonly batch: Batch; readonly indices: readonly number[] }>,
    like: Volume,
    options: { readonly fill?: number } = {},
  ): Volume {
    assertCanonical(like);
    const { fill = 0 } = options;
    const data = new Float32Array(like.size).fill(fill);
    for (const { batch, indices } of samples) {
      const [n, h, w, channels] = batch.shape as [number, number, number, number];
      assert(
        batch.shape.length === 4 && channels === 1 && n === indices.length,
        `expected [${indices.length}, H, W, 1], got [${batch.shape.join(", ")}]`,
        "Slicer.assemble",
      );
      for (const [s, index] of indices.entries()) {
        const sample: Plane = { data: batch.data, height: h, width: w, start: s * h * w, row: w, column: 1 };
        const place = this.plane(like.shape, index, data);
        const fitted = fitPlane(sample, [place.height, place.width], this.fit, fill, "linear");
        for (let y = 0; y < place.height; y++)
          for (let x = 0; x < place.width; x++)
            data[place.start + y * place.row + x * place.column] = fitted.data[y * place.width + x]!;
      }
    }
    return like.with({ data });
  }

  /** A view of one slice of x-fastest `data`. */
  private plane(shape: Triple, index: number, data: ArrayLike<number>): Plane {
    const { h, w, slice } = AXES[this.axis];
    assert(
      Number.isInteger(index) && index >= 0 && index < shape[slice],
      `slice ${index} is outside 0 to ${shape[slice] - 1}`,
      "Slicer",
    );
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
