import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { Batch, Model, ModelSpec } from "../../networks/models/index.ts";
import { assertChannels, type PlacedBatch, type Plan, type Prepared } from "../preparation/index.ts";
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
 * Runs a model over all samples of a prepared case, batch by batch. While the model has one, the next is cut and the one before put in its place:
 * engines that compute elsewhere never wait for us, and no output outlives its batch.
 *
 * @returns HU on the model's grid (Float32), in memory of its own
 */
export async function predictVolume(
  model: Model,
  spec: Pick<ModelSpec, "input" | "sampleBytes">,
  prepared: Prepared,
  plan: Plan,
  options: PredictVolumeOptions,
): Promise<Volume> {
  const { seed, signal, onProgress } = options;
  const like = prepared.channels[0]!;
  assertChannels(
    spec.input.channels,
    plan.inputs.map((i) => i.name),
    plan.slicer,
    "predict",
  );
  const sampler = plan.slicer.covering(like.shape, spec.input.multipleOf);
  const batchSize = batchSizeOf(spec, sampler.size(like.shape), options);
  const grid = sampler.grid(like.shape);
  const total = grid.length;
  const images = prepared.channels.map((volume, c) => ({ volume, outside: prepared.fill[c]! }));
  const cut = (first: number): (PlacedBatch & { readonly first: number }) | undefined => {
    if (first >= total) return undefined;
    const places = grid.slice(first, first + batchSize);
    return { first, places, batch: sampler.cut(images, places, { grid: like }) };
  };
  const start = ({ batch, first }: { readonly batch: Batch; readonly first: number }) => {
    const random = (n: number) => Random.fork(seed, `predict/${first + n}`);
    const output = Promise.resolve(model.predict(batch, { random, signal }));
    output.catch(() => undefined); // whoever awaits it sees the failure
    return output;
  };
  const air = plan.target.applyValues(Float32Array.of(AIR_HU))[0]!;
  const assembler = sampler.assembler(like, { channels: 1, fill: [air] });
  throwIfAborted(signal);
  let current = cut(0);
  let running = current && start(current);
  try {
    for (let done = 0; current && running; ) {
      done += current.places.length;
      const next = cut(done);
      const output = await running;
      running = undefined;
      onProgress?.({ done, total });
      await new Promise((resume) => setTimeout(resume, 0)); // wasm never waits: let the signal fire
      if (next) throwIfAborted(signal);
      running = next && start(next);
      assertOutput(output, current.batch);
      assembler.add({ batch: output, places: current.places });
      current = next;
    }
  } finally {
    await running?.catch(() => undefined); // of a batch that nobody wants any more
  }
  const values = assembler.volumes()[0]!.values(); // the assembler's, so ours
  return like.with({ data: plan.target.invertValues(values, values), unit: "HU" });
}

/** What a model of one's own can get wrong without any error: another shape, or NaN. */
function assertOutput(output: Batch, input: Batch): void {
  const expected = [...input.shape.slice(0, -1), 1];
  assert(
    output.shape.length === expected.length && expected.every((n, d) => n === output.shape[d]),
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
