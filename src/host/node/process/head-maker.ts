import { assert } from "../../../base/errors/index.ts";
import { HeadPipeline, headModel } from "../../../road/head/index.ts";
import { synthesisBackendOf } from "./backend-choice.ts";
import type { MakerSetup, SctMaker } from "./maker.ts";
import type { SctPlan } from "./sct-plan.ts";

/** What only a model of one's own can be asked. */
const OTHERS = [
  "flips",
  "draws",
  "seed",
  "outside",
  "allowPhantomModel",
] as const satisfies (keyof SctPlan)[];

/** The model of heads that comes with the package. */
export async function headMaker(plan: SctPlan, { registry }: MakerSetup): Promise<SctMaker> {
  for (const option of OTHERS)
    assert(plan[option] === undefined, "goes with a model of one's own only", {
      where: { option },
      hint: ["leave it out", ["name a model by ", { option: "model" }]],
    });
  const { labels = false, uncertainty = false } = plan;
  const model = await headModel();
  const { trainedOn } = model.provenance;
  const head = await HeadPipeline.open({ model, backend: await synthesisBackendOf(registry, plan.backend) });
  return {
    inputs: [{ name: "mr" }],
    anyInput: true,
    names: "head",
    trainedOn,
    intendedFor: model.intendedFor,
    models: [{ name: "head", trainedOn, intendedFor: model.intendedFor }],
    settings: { models: await headIdentity(), labels, uncertainty },
    async make({ mr }, { name, signal, onProgress }) {
      const found = await head.synthesize(mr!, { name, uncertainty, signal, onProgress });
      const { sct, brainMl, backend, seconds, warnings } = found;
      return {
        sct,
        maps: {
          ...(labels ? { labels: found.labels } : {}),
          ...(found.uncertainty ? { uncertainty: found.uncertainty } : {}),
        },
        backend,
        seconds,
        words: [
          `Made by the model of heads that comes with midash, on ${backend}; brain ${brainMl.toFixed(0)} mL`,
        ],
        warnings,
        facts: { brainMl, backend, seconds },
      };
    },
    dispose: () => head.dispose(),
  };
}

/** Distinguishes one shipped model of heads from another. */
export async function headIdentity(): Promise<readonly string[]> {
  const { created, steps } = (await headModel()).provenance;
  return [`head of ${created}, ${steps} steps`];
}
