import type { Random } from "../../../base/random/index.ts";
import type { Grid, Triple, Volume } from "../../../imaging/volume/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import type { Batch } from "../../../networks/models/index.ts";
import type { SubjectImage } from "../subject.ts";
import { SampleAssembler } from "./assembler.ts";
import { blendShares } from "./blend.ts";
import { cutSamples } from "./cut.ts";
import { along, type Layout, placesOf, stridesOf } from "./layout.ts";
import { type PatchOptions, resolvePatchOptions } from "./patch-options.ts";
import type { Assembler, AssemblerOptions, CutOptions, Place, Sampler } from "./sampler.ts";
import { centred, covering } from "./windows.ts";

/** Voxel axes (0 x, 1 y, 2 z) of D, H and W. */
const AXES: Triple = [2, 1, 0];

/** Blocks of voxels. Made by `Slicer.patches`. */
export class PatchSampler implements Sampler {
  readonly type = "patches";
  readonly dims = 3;
  readonly axes = ["z", "y", "x"] as const;
  readonly fixedSize: Triple;
  readonly #options: Required<PatchOptions>;

  /** @throws MidashError `invalid-argument` */
  constructor(options: PatchOptions = {}) {
    this.#options = resolvePatchOptions(options);
    this.fixedSize = this.#options.size;
  }

  channels(images: number): number {
    return images;
  }

  size(): Triple {
    return this.fixedSize;
  }

  /** Patches cover a volume at any size, so theirs is kept, up to the next multiple; where the volume is smaller they shrink to it. */
  covering(shape: Triple, multipleOf: number): Sampler {
    const extent = along(shape, AXES);
    const up = (n: number) => Math.ceil(n / multipleOf) * multipleOf;
    const [d, h, w] = this.fixedSize.map((n, axis) => Math.min(up(n), up(extent[axis]!))) as [
      number,
      number,
      number,
    ];
    return new PatchSampler({ ...this.#options, size: [d, h, w] });
  }

  grid(shape: Triple): readonly Place[] {
    return placesOf(this.#layout(shape));
  }

  /**
   * `perCase` patches, each centred on a voxel of weight above 0, all of which are equally likely, and moved into the volume where it fits: TorchIO's
   * WeightedSampler. Anatomy is what there is to learn, and no patch is empty.
   */
  draw(weights: Volume, random: Random): readonly Place[] {
    const { shape } = weights;
    const values = weights.values();
    let count = 0;
    for (let i = 0; i < values.length; i++) if (values[i]! > 0) count++;
    if (count === 0) return [];
    const ranks = Array.from({ length: this.#options.perCase }, () => random.integer(count));
    return voxelsAt(values, ranks).map((voxel) => {
      const row = Math.floor(voxel / shape[0]);
      const centre = along([voxel % shape[0], row % shape[1], Math.floor(row / shape[1])], AXES);
      const extent = along(shape, AXES);
      const start = (d: 0 | 1 | 2) => around(centre[d], this.fixedSize[d], extent[d]);
      return [start(0), start(1), start(2)];
    });
  }

  cut(images: readonly (SubjectImage | undefined)[], places: readonly Place[], options: CutOptions): Batch {
    const layout = this.#layout(options.grid.shape);
    return cutSamples(images, places, layout, this.fixedSize, { ...options, context: 0 });
  }

  assembler(like: Grid, options: AssemblerOptions): Assembler {
    const layout = this.#layout(like.shape);
    const shares = blendShares(layout, this.#options.blend);
    return new SampleAssembler(like, { ...options, layout, shape: this.fixedSize, shares });
  }

  toJSON(): Json {
    const { size, overlap, blend, perCase } = this.#options;
    return { type: "patches", size, overlap, blend, perCase };
  }

  #layout(shape: Triple): Layout {
    const extent = along(shape, AXES);
    const starts = (d: 0 | 1 | 2) => covering(extent[d], this.fixedSize[d], this.#options.overlap);
    return {
      extent,
      stride: along(stridesOf(shape), AXES),
      size: this.fixedSize,
      starts: [starts(0), starts(1), starts(2)],
      resizes: false,
    };
  }
}

/** First voxel of a window of `size` around a voxel, inside an axis of `length` voxels; in its middle where the axis is shorter. */
function around(voxel: number, size: number, length: number): number {
  if (size >= length) return centred(length, size);
  return Math.min(length - size, Math.max(0, voxel - Math.floor(size / 2)));
}

/** Indices of the voxels above 0 that have these ranks among them. */
function voxelsAt(values: Float32Array, ranks: readonly number[]): number[] {
  const wanted = ranks.map((rank, n) => ({ rank, n })).sort((a, b) => a.rank - b.rank);
  const found = new Array<number>(ranks.length);
  for (let i = 0, rank = -1, next = 0; next < wanted.length; i++)
    if (values[i]! > 0) {
      rank++;
      for (; wanted[next]?.rank === rank; next++) found[wanted[next]!.n] = i;
    }
  return found;
}
