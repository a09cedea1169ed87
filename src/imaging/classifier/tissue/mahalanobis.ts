/** Squared distance of y from a mean, by the inverse of a covariance of C rows. */
export function mahalanobis(y: Float64Array, mean: Float64Array, inverse: Float64Array, C: number): number {
  if (C === 1) {
    const d = y[0]! - mean[0]!;
    return d * d * inverse[0]!;
  }
  let sum = 0;
  for (let c = 0; c < C; c++)
    for (let d = 0; d < C; d++) sum += (y[c]! - mean[c]!) * inverse[c * C + d]! * (y[d]! - mean[d]!);
  return sum;
}
