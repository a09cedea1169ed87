import { throwIfAborted } from "../errors/index.ts";
import type { Triple } from "./affine.ts";

/** Where the kernel is cut off, in σ: SciPy's default. */
const TRUNCATE = 4;

/**
 * Gaussian smoothing, axis by axis, with the border repeated: SciPy's `gaussian_filter(mode="nearest")`.
 *
 * @param values x-fastest
 * @param sigma in voxels along i, j, k; 0 leaves an axis as it is
 */
export function gaussianSmooth(
  values: Float32Array,
  shape: Triple,
  sigma: Triple,
  signal?: AbortSignal,
): Float32Array {
  let current = values;
  const strides = [1, shape[0], shape[0] * shape[1]];
  for (let axis = 0; axis < 3; axis++) {
    if (!(sigma[axis]! > 0) || shape[axis] === 1) continue;
    const kernel = gaussianKernel(sigma[axis]!);
    current = convolveAxis(current, shape[axis]!, strides[axis]!, kernel, signal);
  }
  return current;
}

/** Weights from the centre outwards; all of them, both sides, add up to 1. */
function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.floor(TRUNCATE * sigma + 0.5);
  const half = Float64Array.from({ length: radius + 1 }, (_, d) => Math.exp(-((d / sigma) ** 2) / 2));
  const sum = half.reduce((total, w, d) => total + (d === 0 ? w : 2 * w), 0);
  return half.map((w) => w / sum);
}

/** Convolves each line of `n` values that lie `stride` apart. */
function convolveAxis(
  source: Float32Array,
  n: number,
  stride: number,
  half: Float64Array,
  signal: AbortSignal | undefined,
): Float32Array {
  const out = new Float32Array(source.length);
  const radius = half.length - 1;
  const line = new Float64Array(n + 2 * radius); // with its ends repeated
  const blocks = source.length / (n * stride);
  for (let block = 0; block < blocks; block++) {
    if (block % 64 === 0) throwIfAborted(signal);
    for (let lane = 0; lane < stride; lane++) {
      const start = block * n * stride + lane;
      for (let p = 0; p < line.length; p++) {
        const at = Math.min(n - 1, Math.max(0, p - radius));
        line[p] = source[start + at * stride]!;
      }
      for (let i = 0; i < n; i++) {
        const centre = i + radius;
        let sum = half[0]! * line[centre]!;
        for (let d = 1; d <= radius; d++) sum += half[d]! * (line[centre - d]! + line[centre + d]!);
        out[start + i * stride] = sum;
      }
    }
  }
  return out;
}
