import type { Volume } from "../../imaging/volume/index.ts";

/** The metric that decides which epoch is best, as a value with a name. Any function of two volumes may be one. */
export interface Watch {
  /** As reports call it: "MAE". */
  readonly name: string;
  /** What it is, on one line: `midash list` shows it. */
  readonly about?: string;
  /** "HU", "dB", or "" for a number without one. */
  readonly unit: string;
  readonly better: "lower" | "higher";
  /**
   * One number for a whole volume.
   *
   * @param sct in HU, on the model's grid
   * @param ct in HU, on the same grid
   * @param mask not 0 where it is scored: the body of the CT within the case's mask
   */
  of(sct: Volume, ct: Volume, mask: Volume): number | Promise<number>;
}

/** What a {@link Watch} found: its mean over the validation cases. */
export interface Watched {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

/** Mean absolute error in HU over the scored voxels. */
export const mae: Watch = {
  name: "MAE",
  about: "mean absolute error over the scored voxels",
  unit: "HU",
  better: "lower",
  of(sct, ct, mask) {
    const [made, wanted] = [sct.values(), ct.values()];
    let sum = 0;
    let count = 0;
    for (let i = 0; i < made.length; i++)
      if (mask.data[i]) {
        sum += Math.abs(made[i]! - wanted[i]!);
        count++;
      }
    return sum / count;
  },
};

/** Whether a validation beats the best so far. Without validation the last epoch is the best. */
export function isBetter({ better }: Watch, now: Watched | null, best: Watched | null): boolean {
  if (now === null || best === null || Number.isNaN(best.value)) return true;
  return better === "lower" ? now.value < best.value : now.value > best.value;
}
