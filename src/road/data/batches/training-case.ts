import { assert } from "../../../base/errors/index.ts";
import type { Random } from "../../../base/random/index.ts";
import type { OutputSpec } from "../../../networks/models/index.ts";
import type { Place, Preparation, TargetImage } from "../../preparation/index.ts";
import type { Sample, SampleTarget } from "../augmentations/sample.ts";
import type { Case } from "../case.ts";
import type { PreparedCase } from "../prepared-case.ts";

/** A prepared case as batch sources draw from it. */
export interface TrainingCase {
  readonly id: string;
  /** In memory, roughly. */
  readonly bytes: number;
  /** Where one pass takes samples: places in which something is to be learnt. */
  places(random: Random): readonly Place[];
  /** @throws MidashError `invalid-argument` when the case has targets only */
  input(place: Place): Omit<Sample, "targets">;
  /** By the outputs that learn from them. @throws MidashError `invalid-argument` when the case lacks one */
  targets(place: Place): Sample["targets"];
}

/** @param outputs the model's: each but scales learns from the target of its name */
export function trainingCase(
  { id, bytes, subject }: PreparedCase,
  { sampler, inputs }: Preparation,
  outputs: readonly OutputSpec[],
): TrainingCase {
  const { grid, targets, masks } = subject;
  const { axes } = sampler;
  const where = `case ${id}`;
  const learnt = masks.learnt!;
  const spacing = axes.map((axis) => learnt.spacing["xyz".indexOf(axis)]!);
  const names = outputs.filter(({ kind }) => kind !== "scale").map(({ name }) => name);
  for (const output of outputs)
    if (output.kind === "labels" && targets[output.name]) {
      const { classes, name } = output;
      const highest = targets[name]!.volume.values().reduce((most, label) => Math.max(most, label), 0);
      assert(highest < classes.length, `the target "${name}" holds label ${highest}`, {
        where,
        hint: `the model has ${classes.length} classes, labels 0 to ${classes.length - 1}: ${classes.join(", ")}`,
      });
    }
  const inputsHere = inputs.map((input) => ({ ...input, outside: subject.inputs[input.name]?.outside ?? 0 }));
  const nearest = { grid, context: 0, how: "nearest" } as const;
  const maskAt = (place: Place) => sampler.cut([{ volume: learnt, outside: 0 }], [place], nearest).data;
  const cutTarget = (target: TargetImage, place: Place, mask: Float32Array): SampleTarget => {
    const { kind, outside } = target;
    const how = kind === "ct" ? { grid, context: 0 } : nearest;
    return { ...sampler.cut([target], [place], how), mask, kind, outside };
  };
  return {
    id,
    bytes,
    places: (random) => sampler.draw(learnt, random),
    input(place) {
      assert(Object.keys(subject.inputs).length > 0, "has no input", { where });
      const images = inputs.map(({ name }) => subject.inputs[name]);
      const input = { ...sampler.cut(images, [place], { grid }), mask: maskAt(place) };
      return { input, axes, spacing, inputs: inputsHere };
    },
    targets(place) {
      const mask = maskAt(place); // one for all
      return Object.fromEntries(
        names.map((name) => {
          const target = targets[name];
          assert(target, name === "ct" ? "has no target CT" : `has no target "${name}"`, { where });
          return [name, cutTarget(target, place, mask)];
        }),
      );
    },
  };
}

export function hasInputs({ inputs }: Case): boolean {
  return Object.keys(inputs).length > 0;
}

export function hasTargets({ targets = {} }: Case): boolean {
  return Object.keys(targets).length > 0;
}
