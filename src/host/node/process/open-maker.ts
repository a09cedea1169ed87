import { headMaker } from "./head-maker.ts";
import type { MakerSetup, SctMaker } from "./maker.ts";
import { modelMaker } from "./model-maker.ts";
import type { SctPlan } from "./sct-plan.ts";

/**
 * Opens the models of a plan.
 *
 * @throws MidashError `invalid-argument` for options that these models don't have; what `loadModel` throws; `unsupported` for a backend that does not work here
 */
export function openMaker(plan: SctPlan, setup: MakerSetup): Promise<SctMaker> {
  const { models = [] } = plan;
  return models.length > 0 ? modelMaker(models, plan, setup) : headMaker(plan, setup);
}
