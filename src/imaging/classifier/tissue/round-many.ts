import type { Triple } from "../../volume/index.ts";
import type { LogBias } from "./bias.ts";
import type { MaskBox } from "./box.ts";
import { type Gaussians, K, Sums } from "./gaussians.ts";
import { mahalanobis } from "./mahalanobis.ts";
import type { RoundOptions } from "./round-single.ts";

/**
 * One pass of expectation maximisation over several channels: new probabilities in place, in memory order, with the neighbours' as
 * they then are; then new Gaussians; residuals go to the fields.
 */
export function roundOfMany(
  corrected: readonly Float32Array[],
  box: MaskBox,
  probability: readonly Float32Array[],
  gaussians: Gaussians,
  bias: readonly LogBias[],
  links: Triple,
  { pure, prior }: RoundOptions = {},
): void {
  const C = corrected.length;
  const [bx, by] = box.shape;
  const plane = bx * by;
  const [wx, wy, wz] = links;
  const sums = new Sums(C);
  const y = new Float64Array(C);
  const energy = new Float64Array(K);
  const { mean, inverse, constant } = gaussians;
  const precision = Array.from({ length: K }, (_, k) =>
    Array.from({ length: C }, (_, c) => inverse[k]![c * C + c]!),
  );
  for (const v of box.voxels) {
    for (let c = 0; c < C; c++) y[c] = corrected[c]![v]!;
    let best = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) {
      const p = probability[k]!;
      const e =
        constant[k]! -
        0.5 * mahalanobis(y, mean[k]!, inverse[k]!, C) +
        wx * (p[v - 1]! + p[v + 1]!) +
        wy * (p[v - bx]! + p[v + bx]!) +
        wz * (p[v - plane]! + p[v + plane]!) +
        (prior ? prior.weight * prior.log[k]![v]! : 0);
      energy[k] = e;
      if (e > best) best = e;
    }
    let total = 0;
    for (let k = 0; k < K; k++) total += energy[k] = Math.exp(energy[k]! - best);
    const learnt = pure === undefined || pure[v] === 1;
    for (let k = 0; k < K; k++) {
      const p = energy[k]! / total;
      probability[k]![v] = p;
      if (learnt && p > 1e-4) sums.add(k, p, y);
    }
    if (bias.length === 0 || !learnt) continue;
    const i = v % bx;
    const r = (v - i) / bx;
    const j = r % by;
    const [fx, fy, fz] = bias[0]!.factor;
    const [cx, cy] = bias[0]!.shape;
    const cell = Math.floor(i / fx) + cx * (Math.floor(j / fy) + cy * Math.floor((r - j) / by / fz));
    for (let c = 0; c < C; c++) {
      const field = bias[c]!;
      for (let k = 0; k < K; k++) {
        const m = mean[k]![c]!;
        const w = probability[k]![v]! * precision[k]![c]! * m;
        field.residual[k]![cell]! += w * (y[c]! - m);
        field.weight[k]![cell]! += w * m;
      }
    }
  }
  gaussians.fit(sums);
}
