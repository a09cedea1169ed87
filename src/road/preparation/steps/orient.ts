import { assert } from "../../../base/errors/index.ts";
import { orientationOf, orientedGrid, reorient } from "../../../imaging/volume/index.ts";
import { moveOutputs } from "../outputs.ts";
import type { Step, StepType } from "../step.ts";
import { stepOptions } from "../step-options.ts";
import { movedTo } from "../subject.ts";

/** Turns all volumes so that their axes run to the right, forward and up (RAS), and outputs back: values move, none changes. */
export function orient(): Step {
  const gridAfter: Step["gridAfter"] = (grid) => orientedGrid(grid, "RAS");
  return {
    type: "orient",
    forward: async (subject) =>
      movedTo(gridAfter(subject.grid), subject, (volume) => reorient(volume, "RAS")),
    async backward(outputs, { affine }) {
      const codes = orientationOf(affine);
      return moveOutputs(outputs, (volume) => {
        const { data, shape, scaling } = reorient(volume, codes);
        return volume.with({ data, shape, scaling, affine }); // to the last bit
      });
    },
    gridAfter,
    toJSON: () => ({ type: "orient", to: "RAS" }),
  };
}

export const orientType: StepType = {
  type: "orient",
  parse(json) {
    const { to } = stepOptions(json, ["to"]);
    assert(to === "RAS", "models run on RAS grids only", { where: "orient" });
    return orient();
  },
};
