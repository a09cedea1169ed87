import type { Random } from "../../../base/random/index.ts";
import type { Grid, Triple, Volume } from "../../../imaging/volume/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import type { Batch } from "../../../networks/models/index.ts";
import type { SubjectImage } from "../subject.ts";

/**
 * Where a sample lies: [slice, y, x] of a slice's window, [z, y, x] of a patch's first voxel; negative where the sample is padded. Plain data,
 * in voxels along the sample's own axes; only the sampler that made it reads it.
 */
export type Place = readonly [number, number, number];

/** Samples of a volume and where they lie, sample n at place n. */
export interface PlacedBatch {
  /** [N, H, W, C] or [N, D, H, W, C] */
  readonly batch: Batch;
  readonly places: readonly Place[];
}

/** Options of {@link Sampler.cut}. */
export interface CutOptions {
  /** On which all images lie; canonical (RAS). Given, because images may be missing. */
  readonly grid: Grid;
  /** Neighbouring slices on each side as channels. Default: the sampler's; 0 for a target, which is the middle slice alone. Patches have none. */
  readonly context?: number;
  /** How `fit: "resize"` interpolates. Default `linear`; `nearest` for masks and labels. */
  readonly how?: "linear" | "nearest";
}

/** Options of {@link Sampler.assembler}. */
export interface AssemblerOptions {
  /** Of the samples that will be added. */
  readonly channels: number;
  /** Value of what no sample covers, one a channel. */
  readonly fill: readonly number[];
}

/**
 * Puts samples back on a grid as they come, so that none needs to be kept until the last one. Made by {@link Sampler.assembler}. It needs as much memory as
 * the volumes it gives.
 *
 * @example
 * const assembler = sampler.assembler(grid, { channels: 1, fill: [-1000] });
 * assembler.add({ batch: await model.predict(input, options), places }); // batch by batch, in any order
 * const [sct] = assembler.volumes();
 */
export interface Assembler {
  /**
   * Each place once, in any order.
   *
   * @throws MidashError `invalid-argument` for samples of another shape, at places that are not of the sampler's `grid`, or at one that was filled before
   */
  add(samples: PlacedBatch): void;
  /**
   * One Float32 volume a channel: exact where nothing was resized; where samples overlap, their weighted mean. What no sample covers is filled. Their
   * values are the assembler's own: add nothing afterwards.
   *
   * @throws MidashError `invalid-argument` when samples that overlap with given ones are missing
   */
  volumes(): readonly Volume[];
}

/**
 * Cuts volumes into equally large samples, and puts samples back together: TorchIO's samplers and aggregators in one. Made by `Slicer.slices` and
 * `Slicer.patches`, or by a plugin.
 *
 * Volumes lie on the canonical RAS grid. Channels are ordered by image, and for each image from the lowest slice (towards L, P or I) to the highest.
 */
export interface Sampler {
  /** By which {@link SamplerType} finds it in a model file. */
  readonly type: string;
  /** Of its samples: 2 gives [N, H, W, C], 3 gives [N, D, H, W, C]. It fits models of as many (`ModelSpec.input.dims`). */
  readonly dims: 2 | 3;
  /** World axes of a sample's pixel axes, slowest first: axial ["y", "x"], coronal ["z", "x"], sagittal ["z", "y"], patches ["z", "y", "x"]. */
  readonly axes: readonly ("x" | "y" | "z")[];
  /** [H, W] or [D, H, W] where samples of every volume are equally large; null where each volume has its own size. */
  readonly fixedSize: readonly number[] | null;
  /** Channels of a sample of so many images: 2.5-D slices give 2 · context + 1 for each. */
  channels(images: number): number;
  /** [H, W] or [D, H, W] of samples of a volume of `shape`. */
  size(shape: Triple): readonly number[];
  /**
   * A sampler whose samples cover volumes of `shape` whole and whose sizes are multiples of `multipleOf`, for synthesis: where a crop would cut
   * anatomy off, the sample grows to the next size that the network takes. Convolutional models run at any such size.
   */
  covering(shape: Triple, multipleOf: number): Sampler;
  /** All places of a volume of `shape`, for synthesis: the last axis fastest. */
  grid(shape: Triple): readonly Place[];
  /**
   * Places of one pass over a case in training. Empty where no weight is above 0.
   *
   * @param weights what each voxel counts in the loss
   */
  draw(weights: Volume, random: Random): readonly Place[];
  /**
   * @param images one per input, all on `grid`; undefined for an input that the subject lacks: its channels are 0, and so is its `present`
   * @returns one sample per place, {@link Sampler.channels} channels
   * @throws MidashError `invalid-argument`, `grid-mismatch`
   */
  cut(images: readonly (SubjectImage | undefined)[], places: readonly Place[], options: CutOptions): Batch;
  /** @throws MidashError `invalid-argument` when `like` is not canonical or `fill` has not one value a channel */
  assembler(like: Grid, options: AssemblerOptions): Assembler;
  /** Plain data for model files, with `type`. */
  toJSON(): Json;
}

/** A kind of {@link Sampler} by name, as model files, configs and plugins know it. */
export interface SamplerType {
  readonly type: string;
  /** Of its samples: {@link Sampler.dims}. */
  readonly dims: 2 | 3;
  /** Names of what {@link SamplerType.create} takes. */
  readonly options: readonly string[];
  /** A new one, from options as a config or a command line gives them; each may be left out. @throws MidashError `invalid-argument` */
  create(options: Readonly<Record<string, unknown>>): Sampler;
  /** The inverse of {@link Sampler.toJSON}. @throws MidashError `invalid-file`, `invalid-argument` */
  parse(json: Json): Sampler;
}
