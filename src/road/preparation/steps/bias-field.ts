import { assert } from "../../../base/errors/index.ts";
import { type BiasFieldOptions, biasFieldSettings, correctBias } from "../../../imaging/volume/index.ts";
import type { Step, StepType } from "../step.ts";
import type { SubjectImage } from "../subject.ts";

/** Options of {@link biasField}: which inputs, and the numbers of the estimation. */
export interface BiasFieldStepOptions extends BiasFieldOptions {
  /** Names of the inputs that are corrected. Default: all. */
  readonly inputs?: readonly string[];
}

/**
 * Divides inputs by their bias fields, which N4 estimates from each image alone. Its place is after `spacing`, so that each patient's field is seen
 * on one grid, and before `normalise`. Models are trained without it unless it is asked for: it costs more time than all other steps before the
 * network together, a network learns to live with fields like those it was trained on, and where the field is weak the correction adds an
 * error of its own.
 */
export function biasField(options: BiasFieldStepOptions = {}): Step {
  const { inputs: names, ...numbers } = options;
  const settings = biasFieldSettings(numbers, "biasField");
  assert(
    names === undefined || (Array.isArray(names) && names.every((name) => typeof name === "string")),
    "inputs must be a list of names",
    { where: "biasField" },
  );
  return {
    type: "biasField",
    async forward(subject, { signal }) {
      const inputs: Record<string, SubjectImage> = {};
      for (const [name, image] of Object.entries(subject.inputs))
        inputs[name] =
          names && !names.includes(name)
            ? image
            : { ...image, volume: await correctBias(image.volume, { ...settings, signal }), own: true };
      return { ...subject, inputs };
    },
    toJSON: () => ({ type: "biasField", ...(names ? { inputs: names } : {}), ...settings }),
  };
}

export const biasFieldType: StepType = {
  type: "biasField",
  parse: ({ type: _type, ...options }) => biasField(options as BiasFieldStepOptions),
};
