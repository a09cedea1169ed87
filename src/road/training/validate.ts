import { assert } from "../../base/errors/index.ts";
import type { Model } from "../../networks/models/index.ts";
import type { Case, CaseCache, PreparedCase } from "../data/index.ts";
import { backwardSteps, type Preparation } from "../preparation/index.ts";
import { predictVolume } from "../synthesis/index.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Watched } from "./watch.ts";

/** Mean over the cases of what the run watches, on the model's grid; null without cases. */
export async function validate(
  model: Model,
  cases: readonly Case[],
  cache: CaseCache<PreparedCase>,
  preparation: Preparation,
  options: Pick<ResolvedOptions, "model" | "batchSize" | "seed" | "watch">,
  signal?: AbortSignal,
): Promise<Watched | null> {
  const { model: spec, batchSize, seed, watch } = options;
  const values: number[] = [];
  for (const source of cases) {
    const { subject, grids, reference } = await cache.get(source, signal);
    assert(reference, "has no CT to validate with", { where: `case ${source.id}` });
    const outputs = await predictVolume(model, spec, subject, preparation, { batchSize, seed, signal });
    const undone = preparation.steps.slice(reference.steps);
    const { ct } = await backwardSteps(undone, outputs, grids.slice(reference.steps), { signal });
    assert(ct?.kind === "ct", "gives no CT to validate", { where: spec.name });
    values.push(await watch.of(ct.volume, reference.ct, reference.scored));
  }
  if (values.length === 0) return null;
  const value = values.reduce((a, b) => a + b, 0) / values.length;
  return { name: watch.name, unit: watch.unit, value };
}
