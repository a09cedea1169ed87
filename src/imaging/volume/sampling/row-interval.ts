/**
 * The first i of 0 to n at which x + i · step is past the lower end of [low, high], coming from outside; n when none is.
 * Together with {@link intervalEnd} it finds once for a row what would have to be asked at each of its voxels.
 */
export function intervalStart(x: number, step: number, low: number, high: number, n: number): number {
  if (step === 0) return x >= low && x <= high ? 0 : n;
  const up = step > 0;
  let i = Math.min(n, Math.max(0, Math.ceil(((up ? low : high) - x) / step)));
  // The division rounds: one to either side may be the right one.
  const before = x + (i - 1) * step;
  if (i > 0 && (up ? before >= low : before <= high)) i--;
  const at = x + i * step;
  if (i < n && (up ? at < low : at > high)) i++;
  return i;
}

/** One past the last i of 0 to n at which x + i · step has not left [low, high]. */
export function intervalEnd(x: number, step: number, low: number, high: number, n: number): number {
  if (step === 0) return x >= low && x <= high ? n : 0;
  const up = step > 0;
  let i = Math.min(n, Math.max(0, Math.floor(((up ? high : low) - x) / step) + 1));
  const last = x + (i - 1) * step;
  if (i > 0 && (up ? last > high : last < low)) i--;
  const at = x + i * step;
  if (i < n && (up ? at <= high : at >= low)) i++;
  return i;
}
