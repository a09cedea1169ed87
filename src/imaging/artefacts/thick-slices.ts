import type { Triple } from "../volume/index.ts";

/** SD of a box of so many voxels, roughly 1 / √12: of the Gaussian that stands for the profile of a slice as thick. */
export function boxSigma(voxels: number): number {
  return 0.29 * voxels;
}

/**
 * An image as if every `step`-th slice of it had been taken and those between were interpolated, in place. The slices' own thickness is the
 * caller's to smooth: `smoothInPlace` by {@link boxSigma}.
 *
 * @param image x-fastest
 * @param axis across the slices
 * @param step voxels from slice to slice
 * @param start where the first one lies, in steps: 0 to 1
 */
export function reslice(image: Float32Array, shape: Triple, axis: number, step: number, start: number): void {
  const n = shape[axis]!;
  if (n < 2) return;
  const inner = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1];
  const outer = image.length / (inner * n);
  const [below, above] = [rows(n), rows(n)];
  const shares = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const slice = Math.floor(i / step - start);
    shares[i] = i / step - start - slice;
    place(below, i, (slice + start) * step, n);
    place(above, i, (slice + 1 + start) * step, n);
  }
  const source = new Float32Array(n * inner);
  for (let o = 0; o < outer; o++) {
    const target = image.subarray(o * n * inner, (o + 1) * n * inner);
    source.set(target);
    for (let i = 0; i < n; i++) {
      const [a, b] = [below.row[i]! * inner, above.row[i]! * inner];
      const [u, v] = [below.share[i]!, above.share[i]!];
      const t = shares[i]!;
      const s = 1 - t;
      const to = i * inner;
      for (let p = 0; p < inner; p++) {
        const one = source[a + p]!;
        const other = source[b + p]!;
        target[to + p] =
          s * (one + u * (source[a + inner + p]! - one)) + t * (other + v * (source[b + inner + p]! - other));
      }
    }
  }
}

/** Between which rows a value is read, and how far from the first. */
interface Rows {
  readonly row: Int32Array;
  readonly share: Float64Array;
}

function rows(n: number): Rows {
  return { row: new Int32Array(n), share: new Float64Array(n) };
}

function place({ row, share }: Rows, i: number, at: number, n: number): void {
  const x = Math.min(n - 1, Math.max(0, at));
  const low = Math.min(n - 2, Math.floor(x));
  row[i] = low;
  share[i] = x - low;
}
