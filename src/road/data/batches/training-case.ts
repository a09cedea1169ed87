import type { Random } from "../../../base/random/index.ts";
import type { OutputSpec } from "../../../networks/models/index.ts";
import type { Place, Preparation } from "../../preparation/index.ts";
import type { Case } from "../case.ts";
import type { PreparedCase } from "../prepared-case.ts";
import type { StoredCase } from "../shards/stored-case.ts";
import { drawPlaces, foregroundOf } from "./draw-places.ts";
import { assertClasses, type SampleCutter, sampleCutter } from "./sample-cutter.ts";

/** A prepared case as batch sources draw from it. */
export interface TrainingCase extends SampleCutter {
  readonly id: string;
  /** In memory, roughly. */
  readonly bytes: number;
  /** Where one pass takes samples: places in which something is to be learnt. */
  places(random: Random): readonly Place[] | Promise<readonly Place[]>;
  /** Its shard, where it was prepared before. */
  readonly stored?: StoredCase;
}

/**
 * @param outputs the model's: each but scales learns from the target of its name
 * @param foreground share of the places that are drawn from the foreground, see {@link drawPlaces}. Default 0
 */
export function trainingCase(
  { id, bytes, subject, reference }: PreparedCase,
  preparation: Preparation,
  outputs: readonly OutputSpec[],
  foreground = 0,
): TrainingCase {
  for (const [name, { kind, volume }] of Object.entries(subject.targets))
    if (kind === "labels") assertClasses(id, name, volume.values(), outputs);
  const { sampler } = preparation;
  return {
    id,
    bytes,
    places: (random) =>
      drawPlaces(sampler, random, {
        learnt: subject.masks.learnt!,
        share: foreground,
        foreground: () => foregroundOf(subject, reference?.ct),
      }),
    ...sampleCutter(id, subject, preparation, outputs),
  };
}

export function hasInputs({ inputs }: Case): boolean {
  return Object.keys(inputs).length > 0;
}

export function hasTargets({ targets = {} }: Case): boolean {
  return Object.keys(targets).length > 0;
}
