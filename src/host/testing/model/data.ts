import { Random } from "../../../base/random/index.ts";
import { phantomSubject } from "../../../imaging/phantom/index.ts";
import type { Batch, ModelSpec, OutputSpec, SampleSpec, TrainBatch } from "../../../networks/models/index.ts";
import { Dataset, volumeRef } from "../../../road/data/index.ts";

/** Contrasts that the phantom gives to models of several inputs. */
const CONTRASTS = ["t1", "t2"] as const;

/** Random smooth images with noise, from 0 to 1 as a percentile normaliser gives: [n, ...size, channels]. */
export function inputBatch(
  sample: SampleSpec,
  n: number,
  size: readonly number[],
  seed: number | string = 0,
): Batch {
  const { channels } = sample;
  const pixels = size.reduce((a, b) => a * b, 1);
  const data = new Float32Array(n * pixels * channels);
  for (let s = 0; s < n; s++)
    for (let c = 0; c < channels; c++) {
      const random = Random.fork(seed, `image/${s}/${c}`);
      const waves = size.map(() => ({ rate: random.uniform(0.2, 1.2), phase: random.uniform(0, 6) }));
      for (let p = 0; p < pixels; p++) {
        let rest = p;
        let height = 0;
        for (let d = size.length - 1; d >= 0; d--) {
          height += Math.sin(waves[d]!.rate * (rest % size[d]!) + waves[d]!.phase) / size.length;
          rest = Math.floor(rest / size[d]!);
        }
        data[(s * pixels + p) * channels + c] = 0.5 + 0.4 * height + 0.1 * random.uniform(-1, 1);
      }
    }
  return {
    data,
    shape: [n, ...size, channels],
  };
}

/**
 * Images and targets that follow from them: intensities within the output's range, class numbers. The mask is 0 in the first quarter
 * of each row, 1 in the rest.
 */
export function trainBatch(
  spec: Pick<ModelSpec, "input" | "outputs">,
  n: number,
  size: readonly number[],
): TrainBatch {
  const input = inputBatch(spec.input, n, size);
  const { channels } = spec.input;
  const pixels = input.data.length / channels;
  const width = size.at(-1)!;
  const mask = Float32Array.from({ length: pixels }, (_, p) => (p % width < width / 4 ? 0 : 1));
  const shape = [n, ...size, 1];
  const targets = spec.outputs.flatMap((output) => {
    if (output.kind === "scale") return [];
    const data = Float32Array.from({ length: pixels }, (_, p) =>
      targetOf(output, input.data[p * channels]! ** 2),
    );
    return [[output.name, { data, shape, mask }] as const];
  });
  return { input, targets: Object.fromEntries(targets) };
}

/** @param value from 0 to about 1 */
function targetOf(output: OutputSpec, value: number): number {
  if (output.kind === "labels")
    return Math.min(output.classes.length - 1, Math.max(0, Math.floor(value * output.classes.length)));
  const [low, high] = (output.kind === "ct" && output.range) || [-2, 2];
  return low + (high - low) * (0.2 + 0.6 * value);
}

/** Intensities of `ct` outputs with `value` wherever their mask is 0. */
export function withOutside(spec: Pick<ModelSpec, "outputs">, batch: TrainBatch, value: number): TrainBatch {
  const targets = Object.entries(batch.targets).map(([name, target]) => {
    const isCt = spec.outputs.some((output) => output.name === name && output.kind === "ct");
    return [
      name,
      isCt ? { ...target, data: target.data.map((v, i) => (target.mask![i] === 0 ? value : v)) } : target,
    ];
  });
  return { ...batch, targets: Object.fromEntries(targets) };
}

/** A small simulated head to train on and to synthesise, with as many inputs as the model has channels, and labels for outputs that are classes: parts of the CT's range. */
export async function tinyDataset(
  { input, outputs }: Pick<ModelSpec, "input" | "outputs">,
  signal?: AbortSignal,
): Promise<Dataset> {
  const { inputs, ct, id } = await phantomSubject({
    seed: 0,
    subject: 0,
    contrasts: CONTRASTS,
    shape: [20, 24, 4],
    spacing: [9, 9, 9],
    signal,
  });
  const named = Array.from({ length: input.channels }, (_, c) => {
    const contrast = CONTRASTS[c % CONTRASTS.length]!;
    return [`${contrast}-${c}`, volumeRef(inputs[contrast]!)] as const;
  });
  const labels = outputs.flatMap((output) => {
    if (output.kind !== "labels") return [];
    const data = Uint8Array.from(ct.data, (hu) => targetOf(output, (hu + 1024) / 2048));
    return [[output.name, volumeRef(ct.with({ data, unit: "arbitrary" }))] as const];
  });
  const targets = { ct: volumeRef(ct), ...Object.fromEntries(labels) };
  const head = { id, inputs: Object.fromEntries(named), targets };
  return new Dataset(
    { train: [head], validation: [], test: [head] },
    { name: "a small phantom", origin: "phantoms" },
  );
}
