import { fail, type Warning } from "../../base/errors/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { PredictorFacts } from "./predictor.ts";

/**
 * A model that learnt from phantoms alone makes a plausible CT of a patient, and it means nothing: images that are not simulated are refused.
 *
 * @param allow show it them all the same
 * @returns that it was, as a warning
 * @throws MidashError `invalid-argument`
 */
export function assertMeantFor(
  inputs: Readonly<Record<string, Volume>>,
  { models, intendedFor }: PredictorFacts,
  allow: boolean,
): readonly Warning[] {
  const [measured] = Object.entries(inputs).find(([, volume]) => !volume.simulated) ?? [];
  if (intendedFor !== "phantoms" || measured === undefined) return [];
  const what = `the model ${models.join(", ")} is meant for phantoms alone, and the input "${measured}" is not simulated`;
  if (allow)
    return [
      {
        code: "phantom-model",
        where: "inputs",
        what: `${what}: what it makes of a patient means nothing`,
      },
    ];
  return fail("invalid-argument", what, {
    where: { call: "Synthesizer.run" },
    hint: [
      "use a model that was trained on patients or simulated heads",
      ["set ", { option: "allowPhantomModel" }],
    ],
  });
}
