import type { SliceAxis } from "../../../imaging/display/index.ts";
import type { Grid, Triple, Volume } from "../../../imaging/volume/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import type { Batch } from "../../../networks/models/index.ts";
import type { SubjectImage } from "../subject.ts";
import { SampleAssembler } from "./assembler.ts";
import { blendShares } from "./blend.ts";
import { cutSamples } from "./cut.ts";
import { along, type Layout, placesOf, planeAt, stridesOf } from "./layout.ts";
import { anyPositive, at } from "./rectangle.ts";
import type { Assembler, AssemblerOptions, CutOptions, Place, Sampler } from "./sampler.ts";
import { type ResolvedSliceOptions, resolveSliceOptions, type SliceOptions } from "./slice-options.ts";
import { centred, covering, sharedBy } from "./windows.ts";

/** Voxel axes (0 x, 1 y, 2 z) of the slice direction, H and W. */
const AXES: Readonly<Record<SliceAxis, Triple>> = {
  axial: [2, 1, 0],
  coronal: [1, 2, 0],
  sagittal: [0, 2, 1],
};

/** Slices, or tiles of slices, with neighbouring slices as channels where there is context. Made by `Slicer.slices`. */
export class SliceSampler implements Sampler {
  readonly type = "slices";
  readonly dims = 2;
  readonly axes: Sampler["axes"];
  readonly fixedSize: readonly [number, number] | null;
  readonly #options: ResolvedSliceOptions;

  /** @throws MidashError `invalid-argument` */
  constructor(options: SliceOptions = {}) {
    this.#options = resolveSliceOptions(options);
    this.fixedSize = this.#options.size;
    const [, h, w] = AXES[this.#options.axis];
    this.axes = [h, w].map((d) => (["x", "y", "z"] as const)[d]!);
  }

  channels(images: number): number {
    return images * (2 * this.#options.context + 1);
  }

  size(shape: Triple): readonly [number, number] {
    const [, h, w] = along(shape, AXES[this.#options.axis]);
    return this.fixedSize ?? [h, w];
  }

  /** Tiles and resized slices cover slices as they are. */
  covering(shape: Triple, multipleOf: number): Sampler {
    const { axis, size, fit, context } = this.#options;
    if (size && fit !== "crop-pad") return this;
    const [, h, w] = along(shape, AXES[axis]);
    const up = (n: number, least = 0) => Math.max(least, Math.ceil(n / multipleOf) * multipleOf);
    return new SliceSampler({ axis, fit, context, size: [up(h, size?.[0]), up(w, size?.[1])] });
  }

  grid(shape: Triple): readonly Place[] {
    return placesOf(this.#layout(shape));
  }

  /** All samples that hold any weight, in the grid's order. */
  draw(weights: Volume): readonly Place[] {
    const layout = this.#layout(weights.shape);
    const [, ...size] = layout.size;
    const [, ...extent] = layout.extent;
    const values = weights.values();
    return placesOf(layout).filter(([slice, top, left]) => {
      const plane = planeAt(layout, slice);
      if (layout.resizes) return anyPositive(values, plane, extent);
      const { inPlane, size: shared } = sharedBy({ top, left }, size, extent);
      return anyPositive(values, at(plane, inPlane.y, inPlane.x), shared);
    });
  }

  cut(images: readonly (SubjectImage | undefined)[], places: readonly Place[], options: CutOptions): Batch {
    const { shape } = options.grid;
    const { context = this.#options.context } = options;
    return cutSamples(images, places, this.#layout(shape), this.size(shape), { ...options, context });
  }

  assembler(like: Grid, options: AssemblerOptions): Assembler {
    const layout = this.#layout(like.shape);
    const shares = blendShares(layout, this.#options.blend);
    return new SampleAssembler(like, { ...options, layout, shape: this.size(like.shape), shares });
  }

  toJSON(): Json {
    const { axis, fit, context, overlap, blend } = this.#options;
    const json = { type: this.type, axis, size: this.fixedSize, fit, context };
    return fit === "tile" ? { ...json, overlap, blend } : json;
  }

  #layout(shape: Triple): Layout {
    const axes = AXES[this.#options.axis];
    const extent = along(shape, axes);
    const [slices, ...plane] = extent;
    const size = this.size(shape);
    const { fit, overlap } = this.#options;
    const starts = (d: 0 | 1) =>
      fit === "tile" ? covering(plane[d], size[d], overlap) : [centred(plane[d], size[d])];
    return {
      extent,
      stride: along(stridesOf(shape), axes),
      size: [1, ...size],
      starts: [Array.from({ length: slices }, (_, n) => n), starts(0), starts(1)],
      resizes: fit === "resize" && size.some((n, d) => n !== plane[d]),
    };
  }
}
