import { usualRange } from "./usual-range.ts";

/**
 * Otsu's threshold (1979) over 256 bins between the lowest and the highest value; outliers ({@link usualRange}) count in the outermost bins, NaN and
 * infinite values don't count. Where no value lies between the two classes, all thresholds there are equally good: the middle one is given, well
 * clear of either class. Of constant values it is the value.
 */
export function otsuThreshold(values: Float32Array | Float64Array, bins = 256): number {
  const finite = values.every(Number.isFinite) ? values : values.filter(Number.isFinite);
  if (finite.length === 0) return Number.NaN;
  const [min, max] = usualRange(finite);
  if (!(max > min)) return max;
  const histogram = new Float64Array(bins);
  const scale = bins / (max - min);
  const count = finite.length;
  for (let i = 0; i < count; i++) {
    const bin = Math.floor((finite[i]! - min) * scale);
    histogram[bin < 0 ? 0 : bin < bins ? bin : bins - 1]!++;
  }
  let total = 0;
  for (let b = 0; b < bins; b++) total += b * histogram[b]!;
  let first = 0;
  let last = 0;
  let bestVariance = -1;
  let weight = 0;
  let sum = 0;
  for (let b = 0; b < bins - 1; b++) {
    weight += histogram[b]!;
    sum += b * histogram[b]!;
    if (weight === 0 || weight === count) continue;
    const difference = sum / weight - (total - sum) / (count - weight);
    const variance = weight * (count - weight) * difference * difference;
    if (variance > bestVariance) {
      bestVariance = variance;
      first = b;
    }
    if (variance === bestVariance) last = b;
  }
  return min + ((first + last) / 2 + 1) / scale;
}
