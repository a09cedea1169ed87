/** Batches as tensors and back, for the models of this room. */
import type { Tensor4D } from "@tensorflow/tfjs-core";
import type { Session, Tf } from "../backends/index.ts";
import { assert } from "../errors/index.ts";
import type { Batch } from "../slicer/index.ts";

type Shape4 = [number, number, number, number];

/** [N, H, W, C]. */
export function tensorOf(tf: Tf, batch: Batch): Tensor4D {
  return tf.tensor4d(batch.data, batch.shape as Shape4);
}

/** Weight of each pixel in the loss, [N, H, W, 1]; 1 everywhere when the batch has none. */
export function maskOf(tf: Tf, batch: Batch): Tensor4D {
  const [n, h, w] = batch.shape as Shape4;
  return batch.mask ? tf.tensor4d(batch.mask, [n, h, w, 1]) : tf.ones([n, h, w, 1]);
}

/** A whole `predict` by one forward pass. */
export function predictWith(
  session: Session,
  batch: Batch,
  forward: (x: Tensor4D) => Tensor4D,
): Promise<Batch> {
  const { tf } = session;
  return session.run(async () => {
    const output = tf.tidy(() => forward(tensorOf(tf, batch)));
    const data = (await output.data()) as Float32Array;
    output.dispose();
    return { data, shape: output.shape, affine: batch.affine, caseIds: batch.caseIds };
  });
}

/** @throws MidashError `invalid-argument` when a network can't take such samples */
export function assertSamples(batch: Batch, channels: number, multipleOf: number, where: string): void {
  const [, h, w, c] = batch.shape;
  assert(
    batch.shape.length === 4 && c === channels,
    `expected samples [N, H, W, ${channels}], got [${batch.shape.join(", ")}]`,
    where,
  );
  assert(
    h! % multipleOf === 0 && w! % multipleOf === 0,
    `${h}×${w} samples can't be halved ${Math.log2(multipleOf)} times`,
    where,
    `choose a slicer size in multiples of ${multipleOf}, or fewer levels`,
  );
}
