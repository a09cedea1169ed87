import type { Model } from "../../networks/models/index.ts";
import type { Case, CaseCache, PreparedCase } from "../data/index.ts";
import type { Plan } from "../preparation/index.ts";
import { predictVolume } from "../synthesis/index.ts";
import type { ResolvedOptions } from "./options.ts";

/** Mean over the cases of the MAE in HU over their scored voxels, on the model's grid; null without cases. */
export async function validate(
  model: Model,
  cases: readonly Case[],
  cache: CaseCache,
  plan: Plan,
  options: Pick<ResolvedOptions, "model" | "batchSize" | "seed">,
  signal?: AbortSignal,
): Promise<number | null> {
  const { batchSize, seed } = options;
  const errors: number[] = [];
  for (const source of cases) {
    const prepared = await cache.get(source, signal);
    const sct = await predictVolume(model, options.model, prepared.inputs, plan, {
      batchSize,
      seed,
      signal,
    });
    errors.push(scoredMae(sct.values(), prepared));
  }
  return errors.length > 0 ? errors.reduce((a, b) => a + b, 0) / errors.length : null;
}

function scoredMae(sct: Float32Array, prepared: PreparedCase): number {
  const ct = prepared.ct.values();
  let sum = 0;
  let count = 0;
  for (let i = 0; i < sct.length; i++)
    if (prepared.scored.data[i]) {
      sum += Math.abs(sct[i]! - ct[i]!);
      count++;
    }
  return sum / count;
}
