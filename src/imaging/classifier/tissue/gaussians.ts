import { TISSUES } from "./tissue-options.ts";

/** Number of classes. */
export const K = TISSUES.length;

/** Variances are at least this share of the squared distance between the outermost means: noiseless images have classes, too. */
const LEAST_SD = 0.01;

/**
 * How far each covariance is drawn towards that of all classes together. Noise, most of the variance, is the same for all tissues; the rest is
 * not. At 0 a class may shrink onto its own peak and leave its partial volumes to its neighbour (white matter of the MNI template did), at 1 all are alike.
 */
const POOL = 0.3;

/** Gaussians of the classes over one or several channels, full covariance. */
export class Gaussians {
  readonly channels: number;
  /** mean[k][c] */
  readonly mean: Float64Array[];
  /** Share of each class. */
  readonly share: Float64Array;
  /** covariance[k][c * C + d] and its inverse. */
  readonly covariance: Float64Array[];
  readonly inverse: Float64Array[];
  /** Of each class: log share minus half the log determinant. */
  readonly constant: Float64Array;

  /** Sums that every fit adds, so many times. */
  #anchor: { readonly sums: Sums; readonly times: number } | undefined;

  /**
   * @param even all classes have the same share, whatever their voxels: for fits to a choice of voxels that says nothing of the others
   */
  constructor(
    channels: number,
    readonly even = false,
  ) {
    this.channels = channels;
    const per = (n: number) => Array.from({ length: K }, () => new Float64Array(n));
    this.mean = per(channels);
    this.covariance = per(channels * channels);
    this.inverse = per(channels * channels);
    this.share = new Float64Array(K).fill(1 / K);
    this.constant = new Float64Array(K);
  }

  /** From here on each fit sees these voxels, too: a conjugate prior of so much weight. */
  anchor(sums: Sums, times: number): void {
    this.#anchor = { sums, times };
  }

  /** From weighted sums: of ones, of values and of products. A class that lost all its voxels keeps its place. */
  fit(sums: Sums): void {
    const { channels: C } = this;
    if (this.#anchor) sums.include(this.#anchor.sums, this.#anchor.times);
    let total = 0;
    for (const w of sums.weight) total += w;
    for (let k = 0; k < K; k++) {
      const w = sums.weight[k]!;
      this.share[k] = this.even ? 1 / K : Math.max(w / total, 1e-6);
      if (w < 1e-3) continue;
      for (let c = 0; c < C; c++) this.mean[k]![c] = sums.value[k]![c]! / w;
      for (let c = 0; c < C; c++)
        for (let d = 0; d < C; d++)
          this.covariance[k]![c * C + d] =
            sums.product[k]![c * C + d]! / w - this.mean[k]![c]! * this.mean[k]![d]!;
    }
    this.#pool(total, sums);
    for (let c = 0; c < C; c++) {
      const means = this.mean.map((m) => m[c]!);
      const least = (LEAST_SD * (Math.max(...means) - Math.min(...means))) ** 2 + 1e-12;
      for (const cov of this.covariance) cov[c * C + c] = Math.max(cov[c * C + c]!, least);
    }
    for (let k = 0; k < K; k++) {
      const determinant = invert(this.covariance[k]!, this.inverse[k]!, C);
      this.constant[k] = Math.log(this.share[k]!) - 0.5 * Math.log(determinant);
    }
  }

  /** Draws each covariance towards that of all classes together. */
  #pool(total: number, sums: Sums): void {
    const common = new Float64Array(this.channels ** 2);
    for (let k = 0; k < K; k++)
      for (let i = 0; i < common.length; i++)
        common[i]! += (sums.weight[k]! / total) * this.covariance[k]![i]!;
    for (const covariance of this.covariance)
      for (let i = 0; i < common.length; i++) covariance[i] = (1 - POOL) * covariance[i]! + POOL * common[i]!;
  }
}

/** What {@link Gaussians.fit} needs, collected voxel by voxel. */
export class Sums {
  readonly weight = new Float64Array(K);
  readonly value: Float64Array[];
  readonly product: Float64Array[];

  constructor(readonly channels: number) {
    this.value = Array.from({ length: K }, () => new Float64Array(channels));
    this.product = Array.from({ length: K }, () => new Float64Array(channels * channels));
  }

  /** Adds others, each so many times. */
  include(others: Sums, times: number): void {
    const into = (a: Float64Array, b: Float64Array) => {
      for (let i = 0; i < a.length; i++) a[i]! += times * b[i]!;
    };
    into(this.weight, others.weight);
    for (let k = 0; k < K; k++) {
      into(this.value[k]!, others.value[k]!);
      into(this.product[k]!, others.product[k]!);
    }
  }

  add(k: number, weight: number, y: Float64Array): void {
    const { channels: C } = this;
    this.weight[k]! += weight;
    const value = this.value[k]!;
    const product = this.product[k]!;
    for (let c = 0; c < C; c++) {
      const wy = weight * y[c]!;
      value[c]! += wy;
      for (let d = 0; d < C; d++) product[c * C + d]! += wy * y[d]!;
    }
  }
}

/** Inverse of a symmetric positive definite matrix of 1 to 3 rows, by Gauss and Jordan. @returns the determinant */
function invert(matrix: Float64Array, out: Float64Array, n: number): number {
  const m = matrix.slice();
  out.fill(0);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  let determinant = 1;
  for (let i = 0; i < n; i++) {
    // Channels that say the same make it singular: a tiny ridge keeps both.
    const pivot = Math.max(m[i * n + i]!, 1e-9 * matrix[i * n + i]!);
    determinant *= pivot;
    for (let c = 0; c < n; c++) {
      m[i * n + c]! /= pivot;
      out[i * n + c]! /= pivot;
    }
    for (let r = 0; r < n; r++) {
      if (r === i) continue;
      const f = m[r * n + i]!;
      for (let c = 0; c < n; c++) {
        m[r * n + c]! -= f * m[i * n + c]!;
        out[r * n + c]! -= f * out[i * n + c]!;
      }
    }
  }
  return determinant;
}
