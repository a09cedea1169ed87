import type { Dataset } from "../data/index.ts";
import type { Preparation } from "../preparation/index.ts";
import { resolveOptions, type TrainerOptions } from "./options.ts";
import { makePlan } from "./run-plan.ts";

/**
 * What a {@link Trainer} of these options does to the cases of a data set, without training: for preparing them beforehand. What the options leave open, the
 * first training case settles.
 *
 * @throws MidashError as `Trainer.fit` does for options and data that do not fit
 */
export async function planPreparation(
  options: TrainerOptions,
  dataset: Dataset,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Preparation> {
  return (await makePlan(resolveOptions(options), dataset, signal)).preparation;
}
