import { assert } from "../../../base/errors/index.ts";
import { type Grid, Volume } from "../../../imaging/volume/index.ts";
import type { Shares } from "./blend.ts";
import { assertCanonical, type Layout, planeAt } from "./layout.ts";
import { resize } from "./plane.ts";
import { addWeighted, at, copyPixels, dense, fillPixels, type Rectangle } from "./rectangle.ts";
import type { Assembler, AssemblerOptions, PlacedBatch } from "./sampler.ts";
import { sharedBy } from "./windows.ts";

/** How samples are put back. */
export interface AssemblyOptions extends AssemblerOptions {
  readonly layout: Layout;
  /** Of one sample without its channels, [H, W] or [D, H, W]. */
  readonly shape: readonly number[];
  /** Undefined where no samples overlap. */
  readonly shares: Shares | undefined;
}

const WHERE = { call: "Slicer.assembler" };

/** The {@link Assembler} of slices, tiles and patches. */
export class SampleAssembler implements Assembler {
  readonly #like: Grid;
  readonly #options: AssemblyOptions;
  readonly #data: readonly Float32Array[];
  /** The number of each place along depth, and of its window in the plane. */
  readonly #numbers: readonly [Map<number, number>, Map<string, number>];
  /** Windows that were added, of each group of samples that must all be there or none: those of a slice, or all patches. */
  readonly #given = new Map<number, Set<number>>();

  constructor(like: Grid, options: AssemblyOptions) {
    assertCanonical(like);
    const { channels, fill, layout } = options;
    assert(
      fill.length === channels,
      `fill must be one value for each of ${channels} channels, got ${fill.length}`,
      {
        where: WHERE,
      },
    );
    const voxels = like.shape[0] * like.shape[1] * like.shape[2];
    const [ds, ys, xs] = layout.starts;
    this.#like = like;
    this.#options = options;
    this.#data = fill.map(() => new Float32Array(voxels));
    this.#numbers = [
      new Map(ds.map((d, n) => [d, n])),
      new Map(ys.flatMap((y) => xs.map((x) => `${y} ${x}`)).map((window, n) => [window, n])),
    ];
  }

  add({ batch, places }: PlacedBatch): void {
    const { shape, channels, layout } = this.#options;
    const expected = [places.length, ...shape, channels];
    assert(
      expected.length === batch.shape.length && expected.every((n, d) => n === batch.shape[d]),
      `expected [${expected.join(", ")}], got [${batch.shape.join(", ")}]`,
      { where: WHERE },
    );
    const [depths, windows] = this.#numbers;
    for (const [n, [d, y, x]] of places.entries()) {
      const [deep, window] = [depths.get(d), windows.get(`${y} ${x}`)];
      assert(
        deep !== undefined && window !== undefined,
        `[${d}, ${y}, ${x}] is not a place of the sampler's grid`,
        {
          where: WHERE,
          hint: "add samples at the places of grid(shape)",
        },
      );
      const [group, number] = layout.size[0] === 1 ? [deep, window] : [0, deep * windows.size + window];
      const known = this.#given.get(group) ?? new Set();
      assert(!known.has(number), `the sample at [${d}, ${y}, ${x}] was added before`, { where: WHERE });
      this.#given.set(group, known.add(number));
      for (let c = 0; c < channels; c++) this.#lay(batch.data, n, c, deep, window);
    }
  }

  volumes(): readonly Volume[] {
    const { layout, fill } = this.#options;
    const [depth, ...extent] = layout.extent;
    const [depths, windows] = this.#numbers;
    const flat = layout.size[0] === 1;
    const whole = flat ? windows.size : depths.size * windows.size;
    for (const [group, { size: count }] of this.#given)
      assert(
        count === whole,
        flat
          ? `slice ${group} has ${count} of its ${whole} tiles`
          : `the volume has ${count} of its ${whole} patches`,
        { where: WHERE, hint: "give all of them" },
      );
    for (const [c, data] of this.#data.entries())
      if (fill[c] !== 0)
        for (let d = 0; d < depth; d++)
          if (!this.#given.has(flat ? d : 0)) fillPixels(data, planeAt(layout, d), extent, fill[c]!);
    const { shape, affine } = this.#like;
    return this.#data.map((data) => new Volume({ shape, affine, data }));
  }

  /** Writes channel `c` of sample `n`, plane by plane. */
  #lay(values: Float32Array, n: number, c: number, deep: number, window: number): void {
    const { layout, channels, shares } = this.#options;
    const [depth, height, width] = layout.size;
    const first = layout.starts[0][deep]!;
    for (let d = Math.max(0, -first); d < Math.min(depth, layout.extent[0] - first); d++) {
      const start = (n * depth + d) * height * width * channels + c;
      const sample = { start, row: width * channels, column: channels };
      const weights = shares && { values: shares.plane[window]!, factor: shares.depth[deep]![d]! };
      this.#layPlane(values, sample, c, first + d, window, weights);
    }
  }

  #layPlane(
    values: Float32Array,
    sample: Rectangle,
    c: number,
    slice: number,
    window: number,
    weights: { readonly values: Float64Array; readonly factor: number } | undefined,
  ): void {
    const { layout, fill } = this.#options;
    const data = this.#data[c]!;
    const [, ...size] = layout.size;
    const [, ...extent] = layout.extent;
    const [, tops, lefts] = layout.starts;
    const plane = planeAt(layout, slice);
    if (layout.resizes) {
      const resized = resize({ data: values, ...sample, height: size[0], width: size[1] }, extent, "linear");
      copyPixels(resized, dense(extent[1]), data, plane, extent);
      return;
    }
    const [top, left] = [tops[Math.floor(window / lefts.length)]!, lefts[window % lefts.length]!];
    const { inWindow, inPlane, size: shared } = sharedBy({ top, left }, size, extent);
    const from = at(sample, inWindow.y, inWindow.x);
    const to = at(plane, inPlane.y, inPlane.x);
    if (weights) {
      const own = at(dense(size[1]), inWindow.y, inWindow.x);
      addWeighted(values, from, { ...weights, at: own }, data, to, shared);
      return;
    }
    // A crop leaves a rim of the slice over.
    if (fill[c] !== 0 && (shared[0] < extent[0] || shared[1] < extent[1]))
      fillPixels(data, plane, extent, fill[c]!);
    copyPixels(values, from, data, to, shared);
  }
}
