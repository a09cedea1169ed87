import { assert, type Where } from "../../base/errors/index.ts";
import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import { assertSameGrid, maskBytes, quantileOfSorted, type Volume } from "../../imaging/volume/index.ts";

/** One training patient; the three arrays run over the same voxels. */
export interface LookupPair {
  /** MR intensities, normalised the same way for every patient. */
  readonly input: Float32Array;
  /** CT in HU. */
  readonly target: Float32Array;
  /** Not 0 where the body is. */
  readonly mask: Uint8Array;
}

/**
 * The floor that a network must beat: MR intensities of the training body in quantile bins, each predicting the median HU of
 * its bin. It knows intensity and nothing of place or shape.
 */
export class LookupBaseline {
  /** Rising inner edges of the bins: bin b holds edges[b - 1] ≤ intensity < edges[b]. */
  readonly edges: Float32Array;
  /** HU of each bin, one more than edges. */
  readonly hu: Float32Array;
  /** Median HU of the training body: the best constant in MAE, the least that any model must beat. */
  readonly constant: number;

  private constructor(edges: Float32Array, hu: Float32Array, constant: number) {
    this.edges = edges;
    this.hu = hu;
    this.constant = constant;
  }

  /**
   * @param options.bins quantile bins, default 256; fewer remain where many voxels share one intensity
   * @throws MidashError `invalid-argument` when arrays differ in length or no voxel is inside a mask
   */
  static fit(pairs: readonly LookupPair[], options: { readonly bins?: number } = {}): LookupBaseline {
    const where = { call: "LookupBaseline.fit" };
    const { bins = 256 } = options;
    assert(
      Number.isInteger(bins) && bins >= 1 && bins <= 65536,
      `bins must be an integer from 1 to 65536, got ${bins}`,
      { where },
    );
    const { input, target } = gather(pairs, where);
    const edges = quantileEdges(input.slice().sort(), bins);

    // Counting sort of the targets by bin, then a median per bin.
    const bin = new Uint32Array(input.length);
    const start = new Uint32Array(edges.length + 2);
    for (let i = 0; i < input.length; i++) {
      bin[i] = binOf(edges, input[i]!);
      start[bin[i]! + 1]!++;
    }
    for (let b = 0; b <= edges.length; b++) start[b + 1]! += start[b]!;
    const grouped = new Float32Array(target.length);
    const next = start.slice();
    for (let i = 0; i < target.length; i++) grouped[next[bin[i]!]!++] = target[i]!;
    const hu = new Float32Array(edges.length + 1);
    for (let b = 0; b < hu.length; b++) {
      const members = grouped.subarray(start[b]!, start[b + 1]!).sort();
      // A bin between two interpolated edges can be empty; it takes the value of the one below.
      hu[b] = members.length > 0 ? quantileOfSorted(members, 0.5) : hu[b - 1]!;
    }
    return new LookupBaseline(edges, hu, quantileOfSorted(target.sort(), 0.5));
  }

  /**
   * The synthetic CT, Float32 in HU on the grid of `volume`; NaN stays NaN.
   *
   * @param volume MR, normalised as the training inputs were
   * @param options.mask the body, above 0; outside it the result is air, -1000 HU. Default: predict everywhere
   */
  predict(volume: Volume, options: { readonly mask?: Volume } = {}): Volume {
    const { mask } = options;
    if (mask) assertSameGrid(volume, mask, ["volume", "mask"], "LookupBaseline.predict");
    const inside = mask && maskBytes(mask);
    const values = volume.values();
    const data = new Float32Array(values.length);
    for (let i = 0; i < data.length; i++) {
      const v = values[i]!;
      if (inside && !inside[i]) data[i] = AIR_HU;
      else data[i] = Number.isNaN(v) ? v : this.hu[binOf(this.edges, v)]!;
    }
    return volume.with({ data, unit: "HU" });
  }
}

/** The number of edges at or below `value`, by bisection. */
function binOf(edges: Float32Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Inner quantiles, without repeats and without the minimum (nothing lies below it). */
function quantileEdges(sorted: Float32Array, bins: number): Float32Array {
  const edges = new Float32Array(bins - 1);
  let n = 0;
  for (let b = 1; b < bins; b++) {
    const edge = Math.fround(quantileOfSorted(sorted, b / bins));
    if (edge > (n > 0 ? edges[n - 1]! : sorted[0]!)) edges[n++] = edge;
  }
  return edges.slice(0, n);
}

function gather(pairs: readonly LookupPair[], where: Where): { input: Float32Array; target: Float32Array } {
  const total = pairs.reduce((sum, pair) => sum + pair.input.length, 0);
  const input = new Float32Array(total);
  const target = new Float32Array(total);
  let n = 0;
  pairs.forEach((pair, p) => {
    assert(
      pair.target.length === pair.input.length && pair.mask.length === pair.input.length,
      `pair ${p} has ${pair.input.length} inputs, ${pair.target.length} targets and ${pair.mask.length} mask voxels`,
      { where },
    );
    for (let i = 0; i < pair.input.length; i++) {
      if (!pair.mask[i] || !Number.isFinite(pair.input[i]!) || !Number.isFinite(pair.target[i]!)) continue;
      input[n] = pair.input[i]!;
      target[n++] = pair.target[i]!;
    }
  });
  assert(n > 0, "no finite voxel is inside a mask", { where });
  return { input: input.subarray(0, n), target: target.subarray(0, n) };
}
