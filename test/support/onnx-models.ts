/** Every network of ours in every option that changes its graph, with weights away from their beginnings. */

import { Random } from "../../src/base/random/index.ts";
import { type Backend, cpu, type TensorSession } from "../../src/networks/backends/index.ts";
import type { NamedArray, NamedArrays } from "../../src/networks/learning/index.ts";
import type { Batch } from "../../src/networks/models/index.ts";
import { CycleGan, Diffusion, type ModelSpec, Pix2Pix, UNet } from "../../src/networks/models/index.ts";
import type { ModelBundle } from "../../src/road/model-file/index.ts";
import { Registry } from "../../src/road/plugin/index.ts";
import {
  definePreparation,
  Normalizer,
  type Sampler,
  Slicer,
  usualSteps,
} from "../../src/road/preparation/index.ts";
import { bundleOf } from "./identity-model.ts";

const UNETS = (["instance", "batch", "none"] as const).flatMap((norm) =>
  (["nearest", "bilinear", "transposed"] as const).map((upsampling, n) => ({
    norm,
    upsampling,
    finalActivation: (["linear", "sigmoid", "tanh"] as const)[n]!,
    inChannels: 1 + (n % 2),
  })),
);

function ensembleOf(members: number, { name, config }: ModelSpec): ModelSpec {
  return new Registry().spec({ name: "ensemble", config: { members, of: { name, config } } });
}

/** Title and recipe. */
export const ONNX_MODELS: readonly (readonly [string, ModelSpec])[] = [
  ...UNETS.map((config): readonly [string, ModelSpec] => [
    `U-Net, ${Object.values(config).join(", ")}`,
    UNet({ baseFilters: 4, levels: 3, ...config }),
  ]),
  ["U-Net of one level", UNet({ baseFilters: 3, levels: 1 })],
  [
    "U-Net with classes",
    UNet({ baseFilters: 4, levels: 2, finalActivation: "sigmoid", classes: ["air", "soft", "bone"] }),
  ],
  ["U-Net in 3-D", UNet({ dims: 3, baseFilters: 3, levels: 2 })],
  [
    "U-Net in 3-D, transposed, batch norm",
    UNet({ dims: 3, baseFilters: 3, levels: 2, norm: "batch", upsampling: "transposed" }),
  ],
  ["three U-Nets as one", ensembleOf(3, UNet({ baseFilters: 3, levels: 2, classes: ["air", "bone"] }))],
  ["two Pix2Pix as one", ensembleOf(2, Pix2Pix({ baseFilters: 3, levels: 2 }))],
  ["Pix2Pix", Pix2Pix({ baseFilters: 4, levels: 3 })],
  ["Pix2Pix, batch norm", Pix2Pix({ baseFilters: 4, levels: 2, norm: "batch", upsampling: "transposed" })],
  ["CycleGAN", CycleGan({ baseFilters: 4, levels: 2 })],
  ["diffusion", Diffusion({ baseFilters: 4, levels: 3, steps: 4 })],
  ["diffusion, two inputs, one step", Diffusion({ baseFilters: 4, levels: 2, inChannels: 2, steps: 1 })],
];

/** Weights as after some training: none is still 0 or 1, variances stay positive. */
export async function trainedWeights(
  spec: ModelSpec,
  backend: Backend<TensorSession> = cpu(),
): Promise<NamedArrays> {
  const session = await backend.open();
  const model = await spec.create(session, { random: new Random(1) });
  const entries = Object.entries(await model.weights()).map(
    ([name, { data, shape }]): [string, NamedArray] => {
      const random = Random.fork(2, name);
      const moved = name.endsWith("variance")
        ? data.map(() => 2 + 2 * random.next()) // about what these weights give, so that values stay near 1
        : data.map((value) => (value + 0.1 * random.normal()) * (name === "output.weight" ? 0.25 : 1)); // tanh is not to saturate
      return [name, { data: moved, shape }];
    },
  );
  model.dispose();
  session.close();
  return Object.fromEntries(entries);
}

/** A model file's content with {@link trainedWeights}. */
export async function unetBundle(spec: ModelSpec, sampler: Sampler = Slicer.slices()): Promise<ModelBundle> {
  const steps = usualSteps({
    spacing: [1, 1, 1],
    inputs: { mr: Normalizer.percentile() },
    target: Normalizer.window({ min: -1024, max: 3071 }),
  });
  return {
    ...bundleOf({ spacing: [1, 1, 1] }),
    model: { name: spec.name, config: spec.config },
    weights: await trainedWeights(spec),
    preparation: definePreparation({ inputs: [{ name: "mr" }], steps, sampler }).toJSON(),
    background: { outside: "keep", margin: 0 },
  };
}

/** Shape of `n` samples, h and w times as large as the model asks for at least. */
export function shapeFor(
  { input: { channels, dims, multipleOf } }: ModelSpec,
  n: number,
  h: number,
  w: number,
) {
  return [n, ...(dims === 3 ? [2 * multipleOf] : []), h * multipleOf, w * multipleOf, channels];
}

/** Samples of noise. */
export function noiseBatch(shape: readonly number[], seed = 3): Batch {
  const random = new Random(seed);
  const length = shape.reduce((a, b) => a * b);
  return {
    data: Float32Array.from({ length }, () => random.normal()),
    shape,
  };
}

/** Largest difference, as a share of the largest reference value. */
export function relativeDistance(got: Float32Array, reference: Float32Array): number {
  let [worst, largest] = [0, 0];
  for (const [i, value] of reference.entries()) {
    worst = Math.max(worst, Math.abs(got[i]! - value)); // NaN stays and fails the test
    largest = Math.max(largest, Math.abs(value));
  }
  return worst / largest;
}
