import type { Model } from "../../networks/models/index.ts";
import type { Case, CaseCache, PreparedCase } from "../data/index.ts";
import type { Plan } from "../preparation/index.ts";
import { predictVolume } from "../synthesis/index.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Watched } from "./watch.ts";

/** Mean over the cases of what the run watches, on the model's grid; null without cases. */
export async function validate(
  model: Model,
  cases: readonly Case[],
  cache: CaseCache<PreparedCase>,
  plan: Plan,
  { model: spec, batchSize, seed, watch }: Pick<ResolvedOptions, "model" | "batchSize" | "seed" | "watch">,
  signal?: AbortSignal,
): Promise<Watched | null> {
  const values: number[] = [];
  for (const source of cases) {
    const prepared = await cache.get(source, signal);
    const sct = await predictVolume(model, spec, prepared.inputs, plan, { batchSize, seed, signal });
    values.push(await watch.of(sct, prepared.ct, prepared.scored));
  }
  if (values.length === 0) return null;
  const value = values.reduce((a, b) => a + b, 0) / values.length;
  return { name: watch.name, unit: watch.unit, value };
}
