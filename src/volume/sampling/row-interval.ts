/**
 * The first i of 0 to n at which x + i · step is past the lower end of [low, high], coming from outside; n when none is.
 * Together with {@link intervalEnd} it finds once for a row what would have to be asked at each of its voxels.
 */
export function intervalStart(x: number, step: number, low: number, high: number, n: number): number {
  if (step === 0) return x >= low && x <= high ? 0 : n;
  const bound = step > 0 ? low : high;
  const past = (i: number) => (step > 0 ? x + i * step >= low : x + i * step <= high);
  let i = Math.min(n, Math.max(0, Math.ceil((bound - x) / step)));
  if (i > 0 && past(i - 1)) i--; // the division rounds
  if (i < n && !past(i)) i++;
  return i;
}

/** One past the last i of 0 to n at which x + i · step has not left [low, high]. */
export function intervalEnd(x: number, step: number, low: number, high: number, n: number): number {
  if (step === 0) return x >= low && x <= high ? n : 0;
  const bound = step > 0 ? high : low;
  const before = (i: number) => (step > 0 ? x + i * step <= high : x + i * step >= low);
  let i = Math.min(n, Math.max(0, Math.floor((bound - x) / step) + 1));
  if (i > 0 && !before(i - 1)) i--;
  if (i < n && before(i)) i++;
  return i;
}
