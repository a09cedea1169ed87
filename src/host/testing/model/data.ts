import { Random } from "../../../base/random/index.ts";
import { phantomSubject } from "../../../imaging/phantom/index.ts";
import type { Batch, ModelSpec, PairedBatch, SampleSpec } from "../../../networks/models/index.ts";
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
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    caseIds: Array.from({ length: n }, (_, s) => `sample-${s}`),
  };
}

/**
 * Images and targets that follow from them, within the output's range. The mask is 0 in the first quarter of each row, 1 in
 * the rest.
 */
export function pairedBatch(
  spec: Pick<ModelSpec, "input" | "output">,
  n: number,
  size: readonly number[],
): PairedBatch {
  const input = inputBatch(spec.input, n, size);
  const [low, high] = spec.output.range ?? [-2, 2];
  const [from, to] = [spec.input.channels, spec.output.channels];
  const pixels = input.data.length / from;
  const data = new Float32Array(pixels * to);
  for (let p = 0; p < pixels; p++)
    for (let c = 0; c < to; c++)
      data[p * to + c] = low + (high - low) * (0.2 + 0.6 * input.data[p * from + (c % from)]! ** 2);
  const width = size.at(-1)!;
  const mask = Float32Array.from({ length: pixels }, (_, p) => (p % width < width / 4 ? 0 : 1));
  return { input, target: { ...input, data, shape: [...input.shape.slice(0, -1), to], mask } };
}

/** The target with `value` wherever its mask is 0. */
export function withOutside({ input, target }: PairedBatch, value: number): PairedBatch {
  const channels = target.shape.at(-1)!;
  const data = target.data.map((v, i) => (target.mask![Math.floor(i / channels)] === 0 ? value : v));
  return { input, target: { ...target, data } };
}

/** A small simulated head to train on and to synthesise, with as many inputs as the model has channels. */
export async function tinyDataset(channels: number, signal?: AbortSignal): Promise<Dataset> {
  const { inputs, ct, id } = await phantomSubject({
    seed: 0,
    subject: 0,
    contrasts: CONTRASTS,
    shape: [20, 24, 4],
    spacing: [9, 9, 9],
    signal,
  });
  const named = Array.from({ length: channels }, (_, c) => {
    const contrast = CONTRASTS[c % CONTRASTS.length]!;
    return [`${contrast}-${c}`, volumeRef(inputs[contrast]!)] as const;
  });
  const head = { id, inputs: Object.fromEntries(named), targets: { ct: volumeRef(ct) } };
  return new Dataset(
    { train: [head], validation: [], test: [head] },
    { name: "a small phantom", simulated: true },
  );
}
