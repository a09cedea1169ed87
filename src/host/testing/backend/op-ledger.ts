/** How far float32 may be from float64, as a share of the largest value. What test suites of networks usually allow. */
export const BAR = 1e-4;

/** How one op did, over all cases that were computed of it. */
export interface OpResult {
  /** As tf calls it (`conv3d`), or a layer of this library's networks (`normLeaky`). */
  readonly op: string;
  /** Comparisons with a reference in float64: of the value and of each gradient, case by case. */
  readonly compared: number;
  /** Those within 1e-4 of the largest value. */
  readonly passed: number;
  /** Largest difference, as a share of the largest value; infinite where an op failed or gave NaN or another shape. */
  readonly worst: number;
  /** Case and what of it (`value`, `x`, `filter`, ...) that was worst, or the error. */
  readonly where: string;
}

/** Keeps {@link OpResult}s as cases come. A case that is computed again replaces nothing: give each once. */
export class OpLedger {
  readonly #byOp = new Map<string, { compared: number; passed: number; worst: number; where: string }>();

  add(op: string, where: string, distance: number): void {
    const result = this.#byOp.get(op) ?? { compared: 0, passed: 0, worst: -1, where: "" };
    this.#byOp.set(op, result);
    result.compared++;
    if (distance <= BAR) result.passed++;
    const worst = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
    if (worst > result.worst) Object.assign(result, { worst, where });
  }

  /** In the order in which ops came. */
  results(): readonly OpResult[] {
    return [...this.#byOp].map(([op, result]) => ({ op, ...result }));
  }
}
