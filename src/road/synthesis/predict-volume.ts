import { assert, fail, throwIfAborted } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { OutputSpec } from "../../networks/models/index.ts";
import {
  type Batch,
  channelsOf,
  type Model,
  type ModelSpec,
  outputChannels,
} from "../../networks/models/index.ts";
import {
  assertChannels,
  type Output,
  type Outputs,
  type PlacedBatch,
  type Preparation,
  type Subject,
} from "../preparation/index.ts";
import { type BatchOptions, batchSizeOf } from "./batch-size.ts";
import type { PredictHow } from "./predictor.ts";
import type { Progress } from "./progress.ts";

/** Options of {@link predictVolume}. */
export interface PredictVolumeOptions extends BatchOptions {
  /** For models that draw. */
  readonly seed: number | string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly early?: PredictHow["early"];
}

/**
 * Runs a model over all samples of a subject that has gone through the steps, batch by batch. While the model has one, the next is cut and the one before put in its place:
 * engines that compute elsewhere never wait for us, and no output outlives its batch.
 *
 * @returns what the model gives, in its ranges, on the subject's grid (Float32), in memory of its own
 */
export async function predictVolume(
  model: Model,
  spec: Pick<ModelSpec, "input" | "outputs" | "sampleBytes">,
  subject: Subject,
  preparation: Preparation,
  options: PredictVolumeOptions,
): Promise<Outputs> {
  const { seed, signal, onProgress, early } = options;
  const { inputs, sampler } = preparation;
  const { grid } = subject;
  assertChannels(
    spec.input.channels,
    inputs.map((i) => i.name),
    sampler,
    { call: "predict" },
  );
  const covering = sampler.covering(grid.shape, spec.input.multipleOf);
  const batchSize = batchSizeOf(spec, covering.size(grid.shape), options);
  const all = covering.grid(grid.shape);
  const total = all.length;
  const images = inputs.map(({ name }) => subject.inputs[name]);
  const cut = (first: number): (PlacedBatch & { readonly first: number }) | undefined => {
    if (first >= total) return undefined;
    const places = all.slice(first, first + batchSize);
    return { first, places, batch: covering.cut(images, places, { grid }) };
  };
  const start = ({ batch, first }: { readonly batch: Batch; readonly first: number }) => {
    const random = (n: number) => Random.fork(seed, `predict/${first + n}`);
    const output = Promise.resolve(model.predict(batch, { random, signal }));
    output.catch(() => undefined); // whoever awaits it sees the failure
    return output;
  };
  const channels = outputChannels(spec.outputs);
  const fill = new Array<number>(channels).fill(0); // samples cover the grid: nothing is filled
  const assembler = covering.assembler(grid, { channels, fill });
  throwIfAborted(signal);
  const watcher = await early?.({ model, spec, subject, preparation, covering });
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
      await watcher?.add(output, current.places); // before the next begins, for which wasm would hold it back
      running = next && start(next);
      assertOutput(output, current.batch, channels);
      assembler.add({ batch: output, places: current.places });
      current = next;
    }
  } finally {
    await running?.catch(() => undefined); // of a batch that nobody wants any more
  }
  return outputsOf(spec.outputs, assembler.volumes());
}

/** What a model of one's own can get wrong without any error: another shape, or NaN. */
function assertOutput(output: Batch, input: Batch, channels: number): void {
  const expected = [...input.shape.slice(0, -1), channels];
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

/** The channels as the outputs that they are. */
function outputsOf(specs: readonly OutputSpec[], volumes: readonly Volume[]): Outputs {
  const outputs: Record<string, Output> = {};
  let channel = 0;
  for (const spec of specs) {
    const own = volumes.slice(channel, channel + channelsOf(spec));
    channel += own.length;
    const volume = own[0]!.with({ unit: "arbitrary" });
    if (spec.kind === "labels")
      outputs[spec.name] = { kind: "labels", classes: spec.classes, probabilities: own };
    else
      outputs[spec.name] =
        spec.kind === "scale" ? { kind: "scale", of: spec.of, volume } : { kind: "ct", volume };
  }
  return outputs;
}
