import type { Random } from "../../../base/random/index.ts";
import type { Plan } from "../../preparation/index.ts";
import type { Sample } from "../augmentations/augmentation.ts";
import type { Case } from "../case.ts";
import type { PreparedCase } from "../prepare-case.ts";

/** Where in a case a sample lies. Plain data that only the case itself reads. */
export type Place = number;

/** A prepared case as batch sources draw from it. */
export interface TrainingCase {
  readonly id: string;
  /** In memory, roughly. */
  readonly bytes: number;
  /** Where one pass takes samples: places in which something is to be learnt. */
  places(random: Random): readonly Place[];
  /** @throws MidashError `invalid-argument` when the case has targets only */
  input(place: Place): Omit<Sample, "targets">;
  /** @throws MidashError `invalid-argument` when the case has inputs only */
  targets(place: Place): Sample["targets"];
}

const AXES = { axial: ["y", "x"], coronal: ["z", "x"], sagittal: ["z", "y"] } as const;

/** The slices, or tiles of slices, of a case. */
export function trainingCase(prepared: PreparedCase, { slicer, inputs: specs }: Plan): TrainingCase {
  const { id, bytes, samples, inputs, target, targetFill, learnt } = prepared;
  const axes = AXES[slicer.axis];
  const spacing = axes.map((axis) => learnt.spacing["xyz".indexOf(axis)]!);
  const names = specs.map(({ name }) => ({ name }));
  return {
    id,
    bytes,
    places: () => samples,
    input: (place) => ({
      input: slicer.batch({ volumes: inputs.channels, indices: [place], fill: inputs.fill, caseId: id }),
      axes,
      spacing,
      inputs: names,
    }),
    targets: (place) => ({
      ct: slicer.batch({
        volumes: [target],
        indices: [place],
        fill: [targetFill],
        mask: learnt,
        context: 0,
        caseId: id,
      }),
    }),
  };
}

export function hasInputs({ inputs }: Case): boolean {
  return Object.keys(inputs).length > 0;
}

export function hasTargets({ target }: Case): boolean {
  return target !== undefined;
}
