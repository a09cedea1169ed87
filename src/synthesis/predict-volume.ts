import { assert, throwIfAborted } from "../errors/index.ts";
import { AIR_HU } from "../hounsfield/index.ts";
import type { Model, SampleSpec } from "../models/index.ts";
import { Random } from "../random/index.ts";
import type { Batch, Slicer } from "../slicer/index.ts";
import type { Triple, Volume } from "../volume/index.ts";
import { assertChannels, type Plan, type Prepared } from "./preprocess.ts";

/** How far a long piece of work has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Options of {@link predictVolume}. */
export interface PredictVolumeOptions {
  readonly batchSize: number;
  /** For models that draw. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/** Runs a model over all samples of a prepared case. Returns HU on the model's grid (Float32). */
export async function predictVolume(
  model: Model,
  sample: SampleSpec,
  prepared: Prepared,
  plan: Plan,
  options: PredictVolumeOptions,
): Promise<Volume> {
  const { batchSize, seed, signal, onProgress } = options;
  const like = prepared.channels[0]!;
  assertChannels(
    sample.channels,
    plan.inputs.map((i) => i.name),
    plan.slicer,
    "predict",
  );
  const slicer = coveringSlicer(plan.slicer, like.shape, sample.multipleOf);
  const total = slicer.count(like.shape);
  const samples: { batch: Batch; indices: number[] }[] = [];
  for (let start = 0; start < total; start += batchSize) {
    throwIfAborted(signal);
    const indices = Array.from({ length: Math.min(batchSize, total - start) }, (_, n) => start + n);
    const input = slicer.batch({ volumes: prepared.channels, indices, fill: prepared.fill });
    const random = (n: number) => Random.fork(seed, `predict/${indices[n]}`);
    const output = await model.predict(input, { random, signal });
    assertOutput(output, input);
    samples.push({ batch: output, indices });
    onProgress?.({ done: start + indices.length, total });
    await new Promise((resume) => setTimeout(resume, 0)); // wasm never waits: let the signal fire
  }
  const air = plan.target.applyValues(Float32Array.of(AIR_HU))[0]!;
  return plan.target.invert(slicer.assemble(samples, like, { fill: air }), { unit: "HU" });
}

/** What a model of one's own can get wrong without any error: another shape, or NaN. */
function assertOutput(output: Batch, input: Batch): void {
  const expected = [...input.shape.slice(0, 3), 1];
  assert(
    output.shape.length === 4 && expected.every((n, d) => n === output.shape[d]),
    `the model gave [${output.shape.join(", ")}] for [${input.shape.join(", ")}], not [${expected.join(", ")}]`,
    "predict",
  );
  const bad = output.data.findIndex((v) => !Number.isFinite(v));
  assert(
    bad < 0,
    `the model gave ${output.data[bad]}`,
    "predict",
    "its weights are damaged or training diverged",
  );
}

/**
 * A slicer whose samples cover whole slices: where a crop would cut anatomy off, the sample grows to the next size that
 * the network takes. Convolutional models run at any such size. Tiles and resized slices cover them as they are.
 */
export function coveringSlicer(slicer: Slicer, shape: Triple, multipleOf: number): Slicer {
  const plane = slicer.planeSize(shape);
  const up = (n: number) => Math.ceil(n / multipleOf) * multipleOf;
  if (slicer.size === null) return slicer.withSize([up(plane[0]), up(plane[1])]);
  if (slicer.fit !== "crop-pad") return slicer;
  const [h, w] = slicer.size;
  return slicer.withSize([Math.max(h, up(plane[0])), Math.max(w, up(plane[1]))]);
}
