import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { Triple } from "../../imaging/volume/index.ts";
import type { Batch, Model, ModelSpec, SampleBatch } from "../../networks/models/index.ts";
import {
  assertChannels,
  channelsOf,
  type Outputs,
  type Preparation,
  type Slicer,
  type Subject,
} from "../preparation/index.ts";
import { type BatchOptions, batchSizeOf } from "./batch-size.ts";

/** How far a long piece of work has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Options of {@link predictVolume}. */
export interface PredictVolumeOptions extends BatchOptions {
  /** For models that draw. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Runs a model over all samples of a subject that has gone through the steps, batch by batch. While the model has one, the next is cut and the one before put in its place:
 * engines that compute elsewhere never wait for us, and no output outlives its batch.
 *
 * @returns what the model gives, in its ranges, on the subject's grid (Float32), in memory of its own
 */
export async function predictVolume(
  model: Model,
  spec: Pick<ModelSpec, "input" | "sampleBytes">,
  subject: Subject,
  { inputs, sampler }: Preparation,
  options: PredictVolumeOptions,
): Promise<Outputs> {
  const { seed, signal, onProgress } = options;
  const channels = channelsOf(subject, inputs);
  const like = channels.volumes[0]!;
  assertChannels(
    spec.input.channels,
    inputs.map((i) => i.name),
    sampler,
    "predict",
  );
  const slicer = coveringSlicer(sampler, like.shape, spec.input.multipleOf);
  const batchSize = batchSizeOf(spec, slicer.size ?? slicer.planeSize(like.shape), options);
  const total = slicer.count(like.shape);
  const cut = (start: number): SampleBatch | undefined => {
    if (start >= total) return undefined;
    const indices = Array.from({ length: Math.min(batchSize, total - start) }, (_, n) => start + n);
    return { indices, batch: slicer.batch({ ...channels, indices }) };
  };
  const start = ({ batch, indices }: SampleBatch) => {
    const random = (n: number) => Random.fork(seed, `predict/${indices[n]}`);
    const output = Promise.resolve(model.predict(batch, { random, signal }));
    output.catch(() => undefined); // whoever awaits it sees the failure
    return output;
  };
  const assembler = slicer.assembler(like); // samples cover it
  throwIfAborted(signal);
  let current = cut(0);
  let running = current && start(current);
  try {
    for (let done = 0; current && running; ) {
      done += current.indices.length;
      const next = cut(done);
      const output = await running;
      running = undefined;
      onProgress?.({ done, total });
      await new Promise((resume) => setTimeout(resume, 0)); // wasm never waits: let the signal fire
      if (next) throwIfAborted(signal);
      running = next && start(next);
      assertOutput(output, current.batch);
      assembler.add({ batch: output, indices: current.indices });
      current = next;
    }
  } finally {
    await running?.catch(() => undefined); // of a batch that nobody wants any more
  }
  const volume = assembler.volume().with({ unit: "arbitrary" });
  return { ct: { kind: "ct", volume } };
}

/** What a model of one's own can get wrong without any error: another shape, or NaN. */
function assertOutput(output: Batch, input: Batch): void {
  const expected = [...input.shape.slice(0, 3), 1];
  assert(
    output.shape.length === 4 && expected.every((n, d) => n === output.shape[d]),
    `the model gave [${output.shape.join(", ")}] for [${input.shape.join(", ")}], not [${expected.join(", ")}]`,
    { where: "predict" },
  );
  const { data } = output;
  for (let i = 0; i < data.length; i++)
    if (data[i]! - data[i]! !== 0)
      // NaN or ±Infinity
      fail("invalid-argument", `the model gave ${data[i]}`, {
        where: "predict",
        hint: "its weights are damaged or training diverged",
      });
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
