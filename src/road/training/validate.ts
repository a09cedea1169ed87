import { assert } from "../../base/errors/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { Model } from "../../networks/models/index.ts";
import type { Case, CaseCache, PreparedCase } from "../data/index.ts";
import { backwardSteps, type Preparation } from "../preparation/index.ts";
import { predictVolume } from "../synthesis/index.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Watched } from "./watch.ts";

/** A validation case as the model of an epoch makes it, on the model's grid. Its volumes are shown, not changed. */
export interface ValidatedCase {
  readonly id: string;
  /** The first input that it has, in the model's range. */
  readonly mr: Volume;
  /** In HU, as the CT. */
  readonly sct: Volume;
  readonly ct: Volume;
}

/** What validation found. */
export interface Validation {
  /** The mean over the cases of what the run watches; null without cases. */
  readonly watched: Watched | null;
  /** The first case; null without cases. */
  readonly example: ValidatedCase | null;
}

/** Synthesises whole cases and scores them, on the model's grid. */
export async function validate(
  model: Model,
  cases: readonly Case[],
  cache: CaseCache<PreparedCase>,
  preparation: Preparation,
  options: Pick<ResolvedOptions, "model" | "batchSize" | "seed" | "metric">,
  signal?: AbortSignal,
): Promise<Validation> {
  const { model: spec, batchSize, seed, metric } = options;
  const values = new Array<number>(cases.length);
  let example: ValidatedCase | null = null;
  // The first case, whose volumes are kept to be shown, comes last: they don't lie in memory beside those of the others.
  for (const [n, source] of [...cases.entries()].reverse()) {
    const { subject, grids, reference } = await cache.get(source, signal);
    assert(reference, "has no CT to validate with", { where: `case ${source.id}` });
    const outputs = await predictVolume(model, spec, subject, preparation, { batchSize, seed, signal });
    const undone = preparation.steps.slice(reference.steps);
    const { ct } = await backwardSteps(undone, outputs, grids.slice(reference.steps), { signal });
    assert(ct?.kind === "ct", "gives no CT to validate", { where: spec.name });
    values[n] = await metric.of(ct.volume, reference.ct, reference.scored);
    const mr = Object.values(subject.inputs)[0]!.volume;
    if (n === 0) example = { id: source.id, mr, sct: ct.volume, ct: reference.ct };
  }
  if (values.length === 0) return { watched: null, example };
  const value = values.reduce((a, b) => a + b, 0) / values.length;
  return { watched: { name: metric.name, unit: metric.unit, value }, example };
}
