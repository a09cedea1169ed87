import type { Variable } from "@tensorflow/tfjs-core";

/** Which weights decay. */
export type Decays = "filters" | "all";

/** Values of {@link Decays}. */
export const DECAYS: readonly Decays[] = ["filters", "all"];

/** An option that optimizers with weight decay share. */
export interface DecayOptions {
  /**
   * `filters`: those of two axes or more, so filters of convolutions and matrices. Biases and the scales and shifts of norms, which have one, are spared: there are few of them, they
   * don't overfit, and a scale drawn to 0 switches its channel off. `all`: each variable, as PyTorch does when it is given one group. Default `filters`.
   */
  readonly decays?: Decays;
}

/** Whether a variable is among those that decay. By its axes, not its name: names are the models' own. */
export function isDecaying({ shape }: Variable, decays: Decays): boolean {
  return decays === "all" || shape.length > 1;
}
