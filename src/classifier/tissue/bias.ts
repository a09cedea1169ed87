import type { Triple } from "../../volume/index.ts";
import type { MaskBox } from "./box.ts";

/** Cells on which a field is held, to the width of its low-pass: enough for a trilinear one to be smooth. */
const CELLS = 8;

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
  readonly residual: Float64Array;
  readonly weight: Float64Array;
  readonly #kernels: readonly Float64Array[];

  constructor(box: MaskBox, spacing: Triple, fwhm: number) {
    const sigma = fwhm / (2 * Math.sqrt(2 * Math.log(2)));
    this.factor = spacing.map((s) =>
      Math.max(1, Math.round(Math.min(20, fwhm / CELLS) / s)),
    ) as unknown as Triple;
    this.shape = box.shape.map((n, d) => Math.ceil(n / this.factor[d]!)) as unknown as Triple;
    const cells = this.shape[0] * this.shape[1] * this.shape[2];
    this.log = new Float32Array(cells);
    this.residual = new Float64Array(cells);
    this.weight = new Float64Array(cells);
    this.#kernels = spacing.map((s, d) => halfGaussian(sigma / (s * this.factor[d]!)));
  }

  /** Adds the low-pass of the residuals to the field, and empties them. @returns the root mean square of the change, by weight */
  update(): number {
    const { residual, weight, log, shape } = this;
    const before = weight.slice();
    let total = 0;
    for (const w of weight) total += w;
    for (let axis = 0; axis < 3; axis++)
      for (const field of [residual, weight]) smooth(field, shape, axis, this.#kernels[axis]!);
    // A little of the mean weight everywhere: where hardly anything is known, the field stays as it is.
    const least = (1e-3 * total) / weight.length;
    let squares = 0;
    let mean = 0;
    for (let i = 0; i < log.length; i++) {
      const change = residual[i]! / (weight[i]! + least);
      log[i]! += change;
      squares += before[i]! * change * change;
      mean += before[i]! * log[i]!;
    }
    for (let i = 0; i < log.length; i++) log[i]! -= mean / total;
    residual.fill(0);
    weight.fill(0);
    return Math.sqrt(squares / total);
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
