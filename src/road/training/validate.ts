import { assert } from "../../base/errors/index.ts";
import type { Model } from "../../networks/models/index.ts";
import type { Case, CaseCache, Reference } from "../data/index.ts";
import { backwardSteps, type Preparation } from "../preparation/index.ts";
import { predictVolume } from "../synthesis/index.ts";
import type { ResolvedOptions } from "./options.ts";

/** Mean over the cases of the MAE in HU over their scored voxels, on the model's grid; null without cases. */
export async function validate(
  model: Model,
  cases: readonly Case[],
  cache: CaseCache,
  preparation: Preparation,
  options: Pick<ResolvedOptions, "model" | "batchSize" | "seed">,
  signal?: AbortSignal,
): Promise<number | null> {
  const { batchSize, seed } = options;
  const errors: number[] = [];
  for (const source of cases) {
    const { subject, grids, reference } = await cache.get(source, signal);
    assert(reference, "has no CT to validate with", { where: `case ${source.id}` });
    const how = { batchSize, seed, signal };
    const outputs = await predictVolume(model, options.model, subject, preparation, how);
    const undone = preparation.steps.slice(reference.steps);
    const { ct } = await backwardSteps(undone, outputs, grids.slice(reference.steps), { signal });
    assert(ct?.kind === "ct", "gives no CT to validate", { where: options.model.name });
    errors.push(scoredMae(ct.volume.values(), reference));
  }
  return errors.length > 0 ? errors.reduce((a, b) => a + b, 0) / errors.length : null;
}

function scoredMae(sct: Float32Array, reference: Reference): number {
  const ct = reference.ct.values();
  let sum = 0;
  let count = 0;
  for (let i = 0; i < sct.length; i++)
    if (reference.scored.data[i]) {
      sum += Math.abs(sct[i]! - ct[i]!);
      count++;
    }
  return sum / count;
}
