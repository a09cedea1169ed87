import { assert } from "../../../base/errors/index.ts";
import { HeadPipeline, headModel } from "../../../road/head/index.ts";
import { longFlag } from "../../runs/index.ts";
import { type Setup, synthesisBackendOf } from "../io/setup.ts";
import type { SctMaker } from "./maker.ts";
import type { SynthesizeOptions } from "./options.ts";

/** What only a model of one's own can be asked. */
const OTHERS = ["flips", "draws", "seed", "mask", "outside", "input", "allowPhantomModel"] as const;

/** `synthesize` without `--model`: the model of heads that comes with the package. */
export async function headMaker(options: SynthesizeOptions, { registry }: Setup): Promise<SctMaker> {
  for (const name of OTHERS)
    assert(options[name] === undefined, "goes with --model only", {
      where: longFlag(name),
      hint: "leave it out, or name a model",
    });
  const { labels = false, uncertainty = false } = options;
  const model = await headModel();
  const { trainedOn, created, steps } = model.provenance;
  const head = await HeadPipeline.open({
    model,
    backend: await synthesisBackendOf(registry, options.backend),
  });
  return {
    inputs: [{ name: "mr" }],
    anyInput: true,
    names: "head",
    trainedOn,
    intendedFor: model.intendedFor,
    models: [{ name: "head", trainedOn, intendedFor: model.intendedFor }],
    settings: { models: [`head of ${created}, ${steps} steps`], labels, uncertainty },
    async make({ mr }, { name, signal, onProgress }) {
      const found = await head.synthesize(mr!, { name, uncertainty, signal, onProgress });
      const { sct, brainMl, backend, seconds, warnings } = found;
      return {
        sct,
        maps: {
          ...(labels ? { labels: found.labels } : {}),
          ...(found.uncertainty ? { uncertainty: found.uncertainty } : {}),
        },
        words: [
          `Made by the model of heads that comes with midash, on ${backend} in ${seconds.toFixed(1)} s; brain ${brainMl.toFixed(0)} mL. --model names another.`,
        ],
        warnings,
        facts: { brainMl, backend, seconds },
      };
    },
    dispose: () => head.dispose(),
  };
}
