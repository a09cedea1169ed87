import { assert } from "../../base/errors/index.ts";
import type { Schedule, ScheduleMoment } from "./schedule.ts";

/** Options of the plateau schedule. */
export interface PlateauOptions {
  /** Default 0.5. */
  readonly factor?: number;
  /** Epochs in a row that may bring nothing better. Default 3: two of its steps come before early stopping, which is after 10. */
  readonly patience?: number;
  /** By which share of itself a result must be better than the best before. Default 1e-4, PyTorch's. */
  readonly threshold?: number;
  /** Epochs after a step that don't count as bad. Default 0. */
  readonly cooldown?: number;
  /** The least that it gives, as a share of the learning rate. Default 0. */
  readonly least?: number;
}

/**
 * Times a factor whenever validation has not become better for a while: PyTorch's `ReduceLROnPlateau`, with its relative threshold. It is worked out
 * anew from the results of all epochs, so there is no state.
 */
export function plateau(options: PlateauOptions = {}): Schedule {
  const { factor = 0.5, patience = 3, threshold = 1e-4, cooldown = 0, least = 0 } = options;
  const where = { call: "schedules.plateau" };
  assert(factor > 0 && factor < 1, `factor lies between 0 and 1, got ${factor}`, { where });
  for (const [name, value] of Object.entries({ patience, cooldown }))
    assert(Number.isInteger(value) && value >= 0, `${name} is a whole number from 0 on, got ${value}`, {
      where,
    });
  assert(threshold >= 0 && threshold < 1, `threshold lies in 0 to 1, got ${threshold}`, { where });
  assert(least >= 0 && least < 1, `least lies in 0 to 1, got ${least}`, { where });
  return {
    name: "plateau",
    about: "times a factor when validation has not become better for a while",
    endsWithRun: false,
    toJSON: () => ({ name: "plateau", factor, patience, threshold, cooldown, least }),
    rate({ results, better }: ScheduleMoment) {
      const sign = better === "lower" ? 1 : -1;
      let best = Number.POSITIVE_INFINITY;
      let [rate, bad, resting] = [1, 0, 0];
      for (const result of results.map((each) => sign * each)) {
        if (best === Number.POSITIVE_INFINITY || result < best - threshold * Math.abs(best)) {
          best = result;
          bad = 0;
        } else bad++;
        if (resting > 0) {
          resting--;
          bad = 0;
        }
        if (bad > patience) {
          rate = Math.max(least, rate * factor);
          resting = cooldown;
          bad = 0;
        }
      }
      return rate;
    },
  };
}
