import { mapTriple, type Triple, voxelsIn } from "../../volume/index.ts";
import type { MaskBox } from "./box.ts";
import { K } from "./gaussians.ts";

/** Cells on which a field is held, to the width of its low-pass: enough for a trilinear one to be smooth. */
const CELLS = 8;

/**
 * A coil brightens all tissues of a place alike; anatomy does not: where cortex is brighter than elsewhere white matter is not, and what of it passes for the
 * other class pulls that one the other way. So the classes' own fields are held against each other: below the first share of variance in common
 * none is taken for a coil's, above the second all. A simulated head with a field of 20 % lies above both, the MNI template, which has none, below both.
 */
const SHARED = [0.25, 0.5] as const;

/**
 * A log-bias field on cells of a box: sums of weighted residuals come in, their low-pass goes onto the field, and the field
 * comes out at voxels, trilinear between cells.
 */
export class LogBias {
  /** Cells along each axis. */
  readonly shape: Triple;
  readonly factor: Triple;
  /** The field's logarithm at the cells' centres. */
  readonly log: Float32Array;
  /** What it started from. */
  readonly #first: Float32Array;
  /** Weighted residuals and weights summed over each cell, by class. */
  readonly residual: readonly Float64Array[];
  readonly weight: readonly Float64Array[];
  readonly #kernels: readonly Float64Array[];

  constructor(box: MaskBox, spacing: Triple, fwhm: number) {
    const sigma = fwhm / (2 * Math.sqrt(2 * Math.log(2)));
    this.factor = mapTriple(spacing, (s) => Math.max(1, voxelsIn(Math.min(20, fwhm / CELLS), s)));
    this.shape = mapTriple(box.shape, (n, d) => Math.ceil(n / this.factor[d]!));
    const cells = this.shape[0] * this.shape[1] * this.shape[2];
    this.log = new Float32Array(cells);
    this.#first = new Float32Array(cells);
    this.residual = Array.from({ length: K }, () => new Float64Array(cells));
    this.weight = Array.from({ length: K }, () => new Float64Array(cells));
    this.#kernels = spacing.map((s, d) => halfGaussian(sigma / (s * this.factor[d]!)));
  }

  /**
   * Starts from a field that was found in another way, and from here on departs from it only as far as the classes agree.
   *
   * @param field on the box; above 0 in the mask
   * @param gain how much of its logarithm is taken
   */
  start(field: Float32Array, { voxels, shape }: MaskBox, gain: number): void {
    const [bx, by] = shape;
    const [fx, fy, fz] = this.factor;
    const sum = new Float64Array(this.log.length);
    const count = new Float64Array(this.log.length);
    for (const v of voxels) {
      const i = v % bx;
      const r = (v - i) / bx;
      const j = r % by;
      const y = Math.floor(j / fy) + this.shape[1] * Math.floor((r - j) / by / fz);
      const cell = Math.floor(i / fx) + this.shape[0] * y;
      sum[cell]! += Math.log(field[v]!);
      count[cell]!++;
    }
    const [wide, broad] = [this.#lowPass(sum.slice()), this.#lowPass(count.slice())];
    for (let i = 0; i < sum.length; i++)
      this.log[i] = gain * (count[i]! > 0 ? sum[i]! / count[i]! : wide[i]! / (broad[i]! + 1e-9));
    this.#first.set(this.log);
  }

  /** How much of a field there is to be believed, 0 to 1, by the residuals that were collected; empties them. */
  agreement(): number {
    const all = summed(this.weight);
    const gain = this.#gain(all, leastOf(all));
    for (const sums of [...this.residual, ...this.weight]) sums.fill(0);
    return gain;
  }

  /**
   * Adds the low-pass of the residuals to the field, as far as the classes agree that there is one, and empties them.
   *
   * @returns the root mean square of the change, by weight
   */
  update(): number {
    const { residual, weight, log } = this;
    const all = summed(weight);
    const total = all.reduce((sum, w) => sum + w, 0);
    const least = leastOf(all);
    const rest = this.#lowPass(summed(residual));
    const broad = this.#lowPass(all.slice());
    const gain = this.#gain(all, least);
    const first = this.#first;
    const next = log.map((l, i) => first[i]! + gain * (l - first[i]! + rest[i]! / (broad[i]! + least)));
    let mean = 0;
    for (let i = 0; i < log.length; i++) mean += (all[i]! / total) * next[i]!;
    let squares = 0;
    for (let i = 0; i < log.length; i++) {
      squares += all[i]! * (next[i]! - mean - log[i]!) ** 2;
      log[i] = next[i]! - mean;
    }
    for (const sums of [...residual, ...weight]) sums.fill(0);
    return Math.sqrt(squares / total);
  }

  /**
   * How much of the field is to be believed, 0 to 1: by the covariance of what each class alone would make of it, over the
   * variance of what they make of it together.
   */
  #gain(all: Float64Array, least: number): number {
    const { residual, weight, log } = this;
    const first = this.#first;
    const blurred = weight.map((w) => this.#lowPass(w.slice()));
    const seen = residual.map((r, k) =>
      this.#lowPass(r.map((v, i) => v + weight[k]![i]! * (log[i]! - first[i]!))),
    );
    const field = seen.map((s, k) => s.map((v, i) => v / (blurred[k]![i]! + least / K)));
    const [together, broad] = [summed(seen), summed(blurred)];
    let covariance = 0;
    let pairs = 1e-300;
    let variance = 1e-300;
    let total = 1e-300;
    for (let i = 0; i < all.length; i++) {
      const w = all[i]!;
      if (w === 0) continue;
      variance += w * (together[i]! / (broad[i]! + least)) ** 2;
      total += w;
      for (let k = 0; k < K; k++)
        for (let l = k + 1; l < K; l++) {
          const [a, b] = [weight[k]![i]!, weight[l]![i]!];
          if (a === 0 || b === 0) continue;
          const pair = (a * b) / (a + b);
          covariance += pair * field[k]![i]! * field[l]![i]!;
          pairs += pair;
        }
    }
    const shared = covariance / pairs / (variance / total);
    return Math.min(1, Math.max(0, (shared - SHARED[0]) / (SHARED[1] - SHARED[0])));
  }

  /** In place. */
  #lowPass(sums: Float64Array): Float64Array {
    for (let axis = 0; axis < 3; axis++) smooth(sums, this.shape, axis, this.#kernels[axis]!);
    return sums;
  }

  /** The field at the voxels of a mask, on its box. */
  onBox(box: MaskBox): Float32Array {
    const [bx, by, bz] = box.shape;
    const out = new Float32Array(bx * by * bz);
    for (let k = 0; k < bz; k++)
      for (let j = 0; j < by; j++) {
        const from = bx * (j + by * k);
        this.row(j, k, out.subarray(from, from + bx));
      }
    return out;
  }

  /** exp(log field) along the box's row (j, k). */
  row(j: number, k: number, out: Float32Array): void {
    const { log, shape, factor } = this;
    const [cx, cy, cz] = shape;
    const y = place(j, factor[1], cy);
    const z = place(k, factor[2], cz);
    const at = (b: number, c: number) => cx * (b + cy * c);
    const [r00, r10, r01, r11] = [at(y.low, z.low), at(y.high, z.low), at(y.low, z.high), at(y.high, z.high)];
    const [w00, w10] = [(1 - y.t) * (1 - z.t), y.t * (1 - z.t)];
    const [w01, w11] = [(1 - y.t) * z.t, y.t * z.t];
    const cells = new Float64Array(cx);
    for (let a = 0; a < cx; a++)
      cells[a] = w00 * log[r00 + a]! + w10 * log[r10 + a]! + w01 * log[r01 + a]! + w11 * log[r11 + a]!;
    const fx = factor[0];
    for (let i = 0; i < out.length; i++) {
      const x = Math.min(cx - 1, Math.max(0, (i + 0.5) / fx - 0.5));
      const low = Math.floor(x);
      const v = cells[low]!;
      out[i] = Math.exp(low + 1 < cx ? v + (cells[low + 1]! - v) * (x - low) : v);
    }
  }
}

/** A little of the mean weight, for everywhere: where hardly anything is known, the field stays as it is. */
function leastOf(all: Float64Array): number {
  return (1e-3 * all.reduce((sum, w) => sum + w, 0)) / all.length;
}

function summed(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts[0]!.length);
  for (const part of parts) for (let i = 0; i < out.length; i++) out[i]! += part[i]!;
  return out;
}

function place(i: number, factor: number, n: number): { low: number; high: number; t: number } {
  const x = Math.min(n - 1, Math.max(0, (i + 0.5) / factor - 0.5));
  const low = Math.floor(x);
  return { low, high: Math.min(n - 1, low + 1), t: x - low };
}

function halfGaussian(sigma: number): Float64Array {
  if (!Number.isFinite(sigma)) return Float64Array.of(1);
  const half = Float64Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, d) =>
    Math.exp(-((d / sigma) ** 2) / 2),
  );
  return half;
}

/** Sums with Gaussian weights along one axis, in place; nothing lies beyond the border. Both sums of a ratio are treated alike. */
function smooth(field: Float64Array, shape: Triple, axis: number, half: Float64Array): void {
  const n = shape[axis]!;
  const stride = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
  const line = new Float64Array(n);
  for (let block = 0; block < field.length; block += n * stride)
    for (let start = block; start < block + stride; start++) {
      for (let p = 0; p < n; p++) line[p] = field[start + p * stride]!;
      for (let p = 0; p < n; p++) {
        let sum = half[0]! * line[p]!;
        for (let d = 1; d < half.length; d++) {
          if (p >= d) sum += half[d]! * line[p - d]!;
          if (p + d < n) sum += half[d]! * line[p + d]!;
        }
        field[start + p * stride] = sum;
      }
    }
}
