import { assert, MidashError, naming, warningText } from "../../../base/errors/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import { Synthesizer } from "../../../road/synthesis/index.ts";
import { loadModel } from "../models.ts";
import { loadOnnx } from "../onnx.ts";
import { backendForModels, synthesisBackendOf } from "./backend-choice.ts";
import { fileDigest } from "./file-digest.ts";
import type { MakerSetup, SctMaker } from "./maker.ts";
import type { SctPlan } from "./sct-plan.ts";

/** Models that `train` wrote or others made; of several the mean and the spread. */
export async function modelMaker(
  files: readonly string[],
  plan: SctPlan,
  { registry, plugins, signal, words = warningText }: MakerSetup,
): Promise<SctMaker> {
  for (const option of ["labels", "uncertainty"] as const)
    assert(!plan[option], "is of the model of heads", {
      where: { option },
      hint: "leave it or the model out; labels that a model gives are written anyway",
    });
  const { flips = [], draws = 1, seed = 0, outside, allowPhantomModel } = plan;
  const asking = { flips, draws, seed };
  const backend = await synthesisBackendOf(registry, plan.backend);
  const bundles: ModelBundle[] = [];
  for (const file of files)
    bundles.push(await (file.endsWith(".onnx") ? wholeOnnx : loadModel)(file, { signal }));
  const synthesizer = naming(files.join(", "), () => {
    const suited = backendForModels(backend, bundles, plan.backend);
    return new Synthesizer(bundles, { backend: suited, plugins, ...asking });
  });
  const names = bundles.map(({ model }) => model.name).join(", ");
  const { trainedOn, intendedFor } = synthesizer.facts;
  return {
    inputs: synthesizer.inputs,
    anyInput: false,
    names,
    trainedOn,
    intendedFor,
    models: bundles.map(({ model, provenance, ...bundle }, n) => ({
      file: files[n],
      name: model.name,
      dataset: provenance.dataset,
      trainedOn: provenance.trainedOn,
      intendedFor: bundle.intendedFor,
    })),
    settings: { models: await modelIdentities(files), ...asking, outside: outside ?? "as the model says" },
    async make(inputs, { name, ...how }) {
      const result = await synthesizer.run(inputs, { ...how, outside, allowPhantomModel });
      const { sct, maps, warnings, ...facts } = result;
      const mode = facts.resampled ? "; resampled to the model's spacing and back" : "";
      return {
        sct,
        maps,
        backend: facts.backend,
        seconds: facts.seconds,
        words: [
          `Made by ${names} on ${facts.backend}; outside the body: ${facts.outside}${mode}`,
          ...facts.passedOver.map((one) => `auto did not take ${one.backend}: ${one.reason}`),
        ],
        warnings: warnings.map((warning) => words(warning)),
        facts: {
          ...(flips.length > 0 ? { flips } : {}),
          ...(draws > 1 ? { draws } : {}),
          ...facts,
        },
      };
    },
    dispose: () => synthesizer.dispose(),
  };
}

/** @throws MidashError for an ONNX file that is a network alone, with what makes a model of it */
async function wholeOnnx(file: string, options: { readonly signal?: AbortSignal }): Promise<ModelBundle> {
  try {
    return await loadOnnx(file, options);
  } catch (cause) {
    if (!MidashError.is(cause) || cause.kind !== "invalid-argument") throw cause;
    throw new MidashError("invalid-argument", "is a network alone: what its values mean is not in the file", {
      where: file,
      hint: "make a model of it first, e.g. npx @midash/core import-onnx net.onnx model.safetensors --spacing 1,1,1 --window=-1000,2000",
      cause,
    });
  }
}

/** The same file under another name is the same model. */
export async function modelIdentities(files: readonly string[]): Promise<readonly string[]> {
  return Promise.all(files.map(async (file) => (await fileDigest(file)).slice(0, 16)));
}
