import { breathe } from "../../../base/errors/index.ts";
import type { Triple } from "../../volume/index.ts";
import type { MaskBox } from "./box.ts";
import type { Estimate } from "./estimate.ts";
import { K } from "./gaussians.ts";
import { mahalanobis } from "./mahalanobis.ts";

/** The pairs of classes that one voxel can hold, in the order from dark to bright. */
const PAIRS = [
  [0, 1],
  [1, 2],
  [0, 2],
] as const;

/** Steps in which the share of a mixture is integrated over. */
const STEPS = 8;

/**
 * How much of each class a voxel holds, after the mixel model (Choi, Haynor and Kim, IEEE TMI 10, 1991; as in FAST, Zhang et al. 2001): a voxel is pure or a mixture of
 * two classes, all shares alike likely. Which of these it is, its intensity says and, by the same random field as before, its
 * neighbours; a mixture's share is the most likely one.
 *
 * @param probability of the classes from dark to bright, the random field's
 * @returns shares of the same classes on the box, adding up to 1 in the mask
 */
export async function partialVolumes(
  corrected: readonly Float32Array[],
  box: MaskBox,
  probability: readonly Float32Array[],
  gaussians: Estimate["gaussians"],
  [wx, wy, wz]: Triple,
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const C = corrected.length;
  const [bx, by] = box.shape;
  const plane = bx * by;
  const shares = probability.map((p) => new Float32Array(p.length));
  const types = mixtures(gaussians, C);
  const y = new Float64Array(C);
  const nearby = new Float64Array(K);
  const { voxels } = box;
  for (let n = 0; n < voxels.length; n++) {
    if (n % 262_144 === 262_143) await breathe(signal);
    const v = voxels[n]!;
    for (let c = 0; c < C; c++) y[c] = corrected[c]![v]!;
    for (let k = 0; k < K; k++) {
      const p = probability[k]!;
      nearby[k] =
        wx * (p[v - 1]! + p[v + 1]!) + wy * (p[v - bx]! + p[v + bx]!) + wz * (p[v - plane]! + p[v + plane]!);
    }
    let best = Number.NEGATIVE_INFINITY;
    let found = types[0]!;
    for (const type of types) {
      const { a, b } = type;
      const e = type.logLikelihood(y) + (nearby[a]! + nearby[b]!) / 2;
      if (e > best) {
        best = e;
        found = type;
      }
    }
    const share = found.a === found.b ? 0 : found.share(y);
    shares[found.a]![v] = 1 - share;
    if (found.a !== found.b) shares[found.b]![v] = share;
  }
  return shares;
}

/** What a voxel can be: of class a alone (then b is a), or of a and b. */
interface VoxelType {
  readonly a: number;
  readonly b: number;
  logLikelihood(y: Float64Array): number;
  /** Most likely share of b. */
  share(y: Float64Array): number;
}

function mixtures(gaussians: Estimate["gaussians"], C: number): VoxelType[] {
  const { mean, inverse, covariance } = gaussians;
  const density = (k: number) => -0.5 * logDeterminant(covariance[k]!, C);
  const pure = Array.from({ length: K }, (_, k): VoxelType => {
    const constant = density(k);
    return {
      a: k,
      b: k,
      logLikelihood: (y) => constant - 0.5 * mahalanobis(y, mean[k]!, inverse[k]!, C),
      share: () => 0,
    };
  });
  // With one channel a mixture of the outer two can't be told from the middle one.
  const mixed = PAIRS.slice(0, C === 1 ? 2 : 3).map(([a, b]): VoxelType => {
    const points = Array.from({ length: STEPS }, (_, s) => {
      const t = (s + 0.5) / STEPS;
      return mean[a]!.map((m, c) => (1 - t) * m + t * mean[b]![c]!);
    });
    const constant = (density(a) + density(b)) / 2 - Math.log(STEPS);
    const middle = inverse[a]!.map((q, i) => (q + inverse[b]![i]!) / 2);
    const along = mean[b]!.map((m, c) => m - mean[a]![c]!);
    const origin = new Float64Array(C);
    const length = mahalanobis(along, origin, middle, C);
    return {
      a,
      b,
      logLikelihood(y) {
        let sum = 0;
        for (const point of points) sum += Math.exp(-0.5 * mahalanobis(y, point, middle, C));
        return constant + Math.log(sum + 1e-300);
      },
      share(y) {
        let dot = 0;
        for (let c = 0; c < C; c++)
          for (let d = 0; d < C; d++) dot += (y[c]! - mean[a]![c]!) * middle[c * C + d]! * along[d]!;
        return Math.min(1, Math.max(0, dot / length));
      },
    };
  });
  return [...pure, ...mixed];
}

/** Of a symmetric positive definite matrix of 1 to 3 rows. */
function logDeterminant(m: Float64Array, n: number): number {
  if (n === 1) return Math.log(m[0]!);
  if (n === 2) return Math.log(Math.max(1e-300, m[0]! * m[3]! - m[1]! * m[2]!));
  return Math.log(
    Math.max(
      1e-300,
      m[0]! * (m[4]! * m[8]! - m[5]! * m[7]!) -
        m[1]! * (m[3]! * m[8]! - m[5]! * m[6]!) +
        m[2]! * (m[3]! * m[7]! - m[4]! * m[6]!),
    ),
  );
}
