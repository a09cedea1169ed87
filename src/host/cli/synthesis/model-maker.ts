import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { assert, MidashError } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import { Synthesizer } from "../../../road/synthesis/index.ts";
import { loadModel, loadOnnx } from "../../node/index.ts";
import { longFlag } from "../../runs/index.ts";
import { inFlags } from "../io/in-flags.ts";
import { backendForModels, naming, type Setup, synthesisBackendOf } from "../io/setup.ts";
import type { SctMaker } from "./maker.ts";
import type { SynthesizeOptions } from "./options.ts";

const OUTSIDE = valueKinds.choice(["air", "keep"]);
const FLIPS = valueKinds.list(valueKinds.choice(["x", "y", "z"]));

/** `synthesize --model`: models that `train` wrote or others made; of several the mean and the spread. */
export async function modelMaker(
  files: readonly string[],
  options: SynthesizeOptions,
  { plugins, registry }: Setup,
  signal: AbortSignal,
): Promise<SctMaker> {
  for (const flag of ["labels", "uncertainty"] as const)
    assert(!options[flag], "is of the model of heads", {
      where: longFlag(flag),
      hint: "leave it or --model out; labels that a model gives are written anyway",
    });
  const outside = options.outside === undefined ? undefined : OUTSIDE.read(options.outside, "--outside");
  const backend = await synthesisBackendOf(registry, options.backend);
  const asking = {
    flips: options.flips === undefined ? [] : FLIPS.read(options.flips, "--flips"),
    draws: options.draws === undefined ? 1 : valueKinds.integer({ min: 1 }).read(options.draws, "--draws"),
    seed: options.seed === undefined ? 0 : valueKinds.integer({ min: 0 }).read(options.seed, "--seed"),
  };
  const bundles: ModelBundle[] = [];
  for (const file of files)
    bundles.push(await (file.endsWith(".onnx") ? wholeOnnx : loadModel)(file, { signal }));
  const synthesizer = naming(files.join(", "), () => {
    const suited = backendForModels(backend, bundles, options.backend);
    return new Synthesizer(bundles, { backend: suited, plugins, ...asking });
  });
  const names = bundles.map(({ model }) => model.name).join(", ");
  const { trainedOn, intendedFor } = synthesizer.facts;
  const { allowPhantomModel } = options;
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
    settings: {
      models: await Promise.all(files.map(digestOf)),
      ...asking,
      outside: outside ?? "as the model says",
    },
    async make(inputs, { name, ...how }) {
      const result = await synthesizer.run(inputs, { ...how, outside, allowPhantomModel });
      const { sct, maps, warnings, ...facts } = result;
      const mode = facts.resampled ? "; resampled to the model's spacing and back" : "";
      return {
        sct,
        maps,
        words: [
          `Made by ${names} on ${facts.backend} in ${facts.seconds.toFixed(1)} s; outside the body: ${facts.outside}${mode}`,
          ...facts.passedOver.map((one) => `auto did not take ${one.backend}: ${one.reason}`),
        ],
        warnings: warnings.map((warning) => inFlags(warning)),
        facts: {
          ...(asking.flips.length > 0 ? { flips: asking.flips } : {}),
          ...(asking.draws > 1 ? { draws: asking.draws } : {}),
          ...facts,
        },
      };
    },
    dispose: () => synthesizer.dispose(),
  };
}

/** @throws MidashError for an ONNX file that is a network alone, with what makes a model of it */
async function wholeOnnx(file: string, options: { readonly signal: AbortSignal }): Promise<ModelBundle> {
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
async function digestOf(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex")
    .slice(0, 16);
}
