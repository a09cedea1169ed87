/** Batches as tensors and back, for the models of this room. */
import type { Tensor } from "@tensorflow/tfjs-core";
import { assert } from "../../base/errors/index.ts";
import type { TensorSession, Tf } from "../backends/index.ts";
import type { NamedTensors, TargetTensors } from "../learning/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import type { SampleSpec } from "./model.ts";
import { channelsOf, type OutputSpec } from "./output.ts";

/** As the batch's shape says, [N, H, W, C] or [N, D, H, W, C]; {@link assertSamples} has seen which. */
export function tensorOf(tf: Tf, batch: Batch): Tensor {
  return tf.tensor(batch.data, [...batch.shape], "float32");
}

/** Targets as tensors, by name. Free them by {@link disposeTargets}. */
export function targetTensors(
  tf: Tf,
  targets: TrainBatch["targets"],
): Readonly<Record<string, TargetTensors>> {
  const entries = Object.entries(targets).map(([name, batch]) => [
    name,
    { values: tensorOf(tf, batch), weight: maskOf(tf, batch) },
  ]);
  return Object.fromEntries(entries);
}

/** Frees what {@link targetTensors} made. */
export function disposeTargets(tf: Tf, targets: Readonly<Record<string, TargetTensors>>): void {
  tf.dispose(Object.values(targets).flatMap(({ values, weight }) => [values, weight]));
}

/** A network's channels as the outputs that they are. */
export function outputTensors(tf: Tf, outputs: readonly OutputSpec[], y: Tensor): NamedTensors {
  if (outputs.length === 1) return { [outputs[0]!.name]: y };
  const parts = tf.split(y, outputs.map(channelsOf), -1);
  return Object.fromEntries(outputs.map(({ name }, n) => [name, parts[n]!]));
}

/** Weight of each pixel in the loss, one channel; 1 everywhere when the batch has none. */
export function maskOf(tf: Tf, batch: Batch): Tensor {
  const shape = [...batch.shape.slice(0, -1), 1];
  return batch.mask ? tf.tensor(batch.mask, shape, "float32") : tf.ones(shape);
}

/** A whole `predict` by one forward pass. */
export function predictWith(
  session: TensorSession,
  batch: Batch,
  forward: (x: Tensor) => Tensor,
): Promise<Batch> {
  const { tf } = session.tensors;
  return session.run(async () => {
    const output = tf.tidy(() => forward(tensorOf(tf, batch)));
    const data = (await output.data()) as Float32Array;
    output.dispose();
    return { data, shape: output.shape };
  });
}

/** @throws MidashError `invalid-argument` when a network can't take such samples */
export function assertSamples(batch: Batch, { channels, dims, multipleOf }: SampleSpec, where: string): void {
  const axes = dims === 3 ? "N, D, H, W" : "N, H, W";
  assert(
    batch.shape.length === dims + 2 && batch.shape[dims + 1] === channels,
    `expected samples [${axes}, ${channels}], got [${batch.shape.join(", ")}]`,
    { where },
  );
  const size = batch.shape.slice(1, -1);
  assert(
    size.every((length) => length % multipleOf === 0),
    `${size.join("×")} samples are no multiples of ${multipleOf}`,
    { where, hint: `choose a slicer size in multiples of ${multipleOf}` },
  );
}
