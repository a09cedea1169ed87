import { assert } from "../../../base/errors/index.ts";
import type { OutputSpec } from "../../../networks/models/index.ts";
import type { Place, Preparation, Subject, TargetImage } from "../../preparation/index.ts";
import type { Sample, SampleTarget } from "../augmentations/sample.ts";

/** Labels must be classes of the model. @throws MidashError `invalid-argument` */
export function assertClasses(
  id: string,
  name: string,
  labels: Float32Array | readonly number[],
  outputs: readonly OutputSpec[],
): void {
  const output = outputs.find((one) => one.name === name);
  if (output?.kind !== "labels") return;
  const { classes } = output;
  let highest = 0;
  for (const label of labels) highest = Math.max(highest, label);
  assert(highest < classes.length, `the target "${name}" holds label ${highest}`, {
    where: `case ${id}`,
    hint: `the model has ${classes.length} classes, labels 0 to ${classes.length - 1}: ${classes.join(", ")}`,
  });
}

/** What of a case becomes samples. */
export interface SampleCutter {
  /** @throws MidashError `invalid-argument` when the case has targets only */
  input(place: Place): Omit<Sample, "targets">;
  /** By the outputs that learn from them. @throws MidashError `invalid-argument` when the case lacks one */
  targets(place: Place): Sample["targets"];
}

/** Cuts samples of a case, or of a part of its voxels. */
export function sampleCutter(
  id: string,
  { grid, inputs: images, targets, masks }: Subject,
  { sampler, inputs }: Preparation,
  outputs: readonly OutputSpec[],
): SampleCutter {
  const { axes } = sampler;
  const where = `case ${id}`;
  const learnt = masks.learnt!;
  const spacing = axes.map((axis) => learnt.spacing["xyz".indexOf(axis)]!);
  const names = outputs.filter(({ kind }) => kind !== "scale").map(({ name }) => name);
  const inputsHere = inputs.map((input) => ({ ...input, outside: images[input.name]?.outside ?? 0 }));
  const nearest = { grid, context: 0, how: "nearest" } as const;
  let last: { readonly place: Place; readonly mask: Float32Array } | undefined;
  /** One for the input and all targets of a place. */
  const maskAt = (place: Place) => {
    if (last?.place !== place)
      last = { place, mask: sampler.cut([{ volume: learnt, outside: 0 }], [place], nearest).data };
    return last.mask;
  };
  const cutTarget = (target: TargetImage, place: Place): SampleTarget => {
    const { kind, outside } = target;
    const how = kind === "ct" ? { grid, context: 0 } : nearest;
    return { ...sampler.cut([target], [place], how), mask: maskAt(place), kind, outside };
  };
  return {
    input(place) {
      assert(Object.keys(images).length > 0, "has no input", { where });
      const all = inputs.map(({ name }) => images[name]);
      const input = { ...sampler.cut(all, [place], { grid }), mask: maskAt(place) };
      return { input, axes, spacing, inputs: inputsHere };
    },
    targets: (place) =>
      Object.fromEntries(
        names.map((name) => {
          const target = targets[name];
          assert(target, name === "ct" ? "has no target CT" : `has no target "${name}"`, { where });
          return [name, cutTarget(target, place)];
        }),
      ),
  };
}
