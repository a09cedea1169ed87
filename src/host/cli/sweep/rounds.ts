import { assert } from "../../../base/errors/index.ts";

/** A trial's result, as far as ranking needs it. */
export interface Ranked {
  /** Its best validation; `undefined` when it has none. */
  readonly value: number | undefined;
}

/** A round of successive halving. */
export interface Round {
  /** Of each trial in it. */
  readonly epochs: number;
  /** How many trials are in it. */
  readonly trials: number;
}

/**
 * Rounds of successive halving (Jamieson and Talwalkar 2016): all trials for few epochs, then one in `keepOneIn` for that many times more, until
 * the epochs are all there are or one trial is left, which gets all of them.
 */
export function roundsOf(
  trials: number,
  {
    epochs,
    minEpochs,
    keepOneIn,
  }: { readonly epochs: number; readonly minEpochs: number; readonly keepOneIn: number },
): readonly Round[] {
  assert(minEpochs <= epochs, `is more than the ${epochs} epochs of a whole run`, { where: "--min-epochs" });
  const rounds: Round[] = [];
  for (
    let [left, each] = [trials, minEpochs];
    ;
    [left, each] = [Math.ceil(left / keepOneIn), each * keepOneIn]
  ) {
    const last = each >= epochs || left === 1;
    rounds.push({ epochs: last ? epochs : each, trials: left });
    if (last) return rounds;
  }
}

/** The best first; those without a result last; of equal ones the earlier. */
export function ranked<T extends Ranked>(trials: readonly T[], better: "lower" | "higher"): readonly T[] {
  const order = (value: number | undefined) =>
    value === undefined || Number.isNaN(value)
      ? Number.POSITIVE_INFINITY
      : better === "lower"
        ? value
        : -value;
  return [...trials].sort((a, b) => {
    const [one, other] = [order(a.value), order(b.value)];
    return one === other ? 0 : one - other;
  });
}
