/**
 * The compiled kernels against tfjs's plain JavaScript backend, over shapes that reach each of their ways: tiles cut by borders, channels in
 * fours and not, strides, dilations, 3-D. That backend is checked against PyTorch in test/gradients.test.ts.
 */

import type { Tensor, Tensor4D, Tensor5D } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { product } from "../../../../base/bytes/index.ts";
import { Random } from "../../../../base/random/index.ts";
import { convolution } from "../../../layers/tensors/ops.ts";
import type { TensorSession, Tf } from "../../backend.ts";
import { cpu } from "../../cpu.ts";
import { wasm } from "../wasm.ts";

/** Of float32 sums in another order; the error of F(4×4, 3×3) stays below some 3e-6. */
const BAR = 2e-5;

let slow: TensorSession;
let fast: TensorSession;
beforeAll(async () => {
  slow = await cpu().open();
  fast = await wasm({ threads: 2 }).open();
});
afterAll(() => {
  slow.close();
  fast.close();
});

interface Drawn {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

function draw(random: Random, shape: readonly number[], shift = 0): Drawn {
  const length = product(shape);
  return { data: Float32Array.from({ length }, () => random.normal(shift, 1)), shape };
}

/** Of the backend that is active. */
const layersOf = (tf: Tf) => (tf.getBackend() === "wasm" ? fast : slow).tensors.layers.training;

type Op = (tf: Tf, ...tensors: Tensor[]) => Tensor;

/** Value and gradients of an op. */
async function compute(
  session: TensorSession,
  op: Op,
  inputs: readonly Drawn[],
  seed: number,
): Promise<Float32Array[]> {
  const { tf } = session.tensors;
  return session.run(async () => {
    const tensors = inputs.map(({ data, shape }) => tf.tensor(data, [...shape], "float32"));
    const y = tf.tidy(() => op(tf, ...tensors));
    const dy = draw(new Random(seed), y.shape);
    const gradients = tf.grads((...xs) => op(tf, ...xs))(tensors, tf.tensor(dy.data, [...dy.shape]));
    const read = await Promise.all(
      [y, ...gradients].map(async (t) => ((await t.data()) as Float32Array).slice()),
    );
    tf.disposeVariables();
    tf.dispose([tensors, y, gradients]);
    return read;
  });
}

async function compare(op: Op, inputs: readonly Drawn[]) {
  const [actual, expected] = [await compute(fast, op, inputs, 9), await compute(slow, op, inputs, 9)];
  for (const [i, reference] of expected.entries()) {
    const largest = reference.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
    let worst = 0;
    for (const [k, v] of reference.entries()) {
      const difference = Math.abs(actual[i]![k]! - v);
      if (!(difference <= worst)) worst = difference;
    }
    expect(worst / largest, i === 0 ? "value" : `gradient ${i}`).toBeLessThan(BAR);
  }
}

const CONVOLUTIONS_2D = [
  // [n, h, w, in, out, filter, stride, dilation, pad]
  [2, 8, 8, 8, 8, 3, 1, 1, "same"],
  [1, 1, 1, 8, 12, 3, 1, 1, "same"],
  [3, 5, 7, 12, 8, 3, 1, 1, "same"],
  [1, 9, 6, 16, 20, 3, 1, 1, "valid"],
  [1, 4, 11, 72, 136, 3, 1, 1, "same"],
  [2, 40, 33, 8, 16, 3, 1, 1, "same"],
  [2, 6, 5, 1, 16, 3, 1, 1, "same"],
  [2, 6, 5, 3, 5, 3, 1, 1, "same"],
  [1, 7, 9, 4, 6, 3, 2, 1, "same"],
  [2, 9, 8, 2, 8, 4, 2, 1, "same"],
  [1, 9, 9, 8, 8, 3, 1, 2, "same"],
  [2, 9, 7, 16, 1, 1, 1, 1, "same"],
  [2, 9, 7, 5, 8, 1, 1, 1, "same"],
  [1, 9, 7, 5, 8, 1, 2, 1, "valid"],
] as const;

test.each(CONVOLUTIONS_2D)(
  "conv2d %i×%i×%i, %i to %i channels, filter %i, stride %i, dilation %i, %s",
  async (...of) => {
    const [n, h, w, ins, outs, size, stride, dilation, pad] = of;
    const random = new Random(String(of));
    const op: Op = (tf, x, filter) =>
      tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, pad, "NHWC", dilation);
    const inputs = [draw(random, [n, h, w, ins], -0.3), draw(random, [size, size, ins, outs])];
    // tf has no gradient of dilated convolutions.
    if (dilation > 1) {
      const value = async (session: TensorSession) =>
        session.run(() =>
          session.tensors.tf.tidy(() =>
            op(
              session.tensors.tf,
              ...inputs.map((i) => session.tensors.tf.tensor(i.data, [...i.shape])),
            ).dataSync(),
          ),
        );
      const [a, b] = [await value(fast), await value(slow)];
      for (const [i, v] of b.entries()) expect(a[i]).toBeCloseTo(v, 3);
    } else await compare(op, inputs);
  },
);

test("conv2d with explicit padding, transposed convolution", async () => {
  const random = new Random(5);
  const pad = [
    [0, 0],
    [2, 0],
    [1, 3],
    [0, 0],
  ] as [[number, number], [number, number], [number, number], [number, number]];
  await compare(
    (tf, x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, 1, pad),
    [draw(random, [2, 6, 7, 8]), draw(random, [3, 3, 8, 8])],
  );
  await compare(
    (tf, x, filter) => tf.conv2dTranspose(x as Tensor4D, filter as Tensor4D, [2, 10, 14, 6], 2, "valid"),
    [draw(random, [2, 5, 7, 8]), draw(random, [2, 2, 6, 8])],
  );
});

const CONVOLUTIONS_3D = [
  // [n, d, h, w, in, out, filter, pad]
  [2, 3, 5, 6, 8, 12, 3, "same"],
  [1, 1, 4, 4, 8, 8, 3, "same"],
  [1, 5, 8, 9, 16, 8, 3, "same"],
  [2, 19, 5, 9, 8, 16, 3, "same"], // strips of 12 planes, the second cut
  [1, 35, 9, 7, 8, 8, 3, "valid"],
  [1, 4, 4, 5, 72, 136, 3, "same"],
  [2, 4, 3, 5, 1, 8, 3, "same"],
  [1, 4, 3, 5, 6, 2, 3, "same"],
  [2, 3, 4, 5, 12, 3, 1, "same"],
] as const;

test.each(CONVOLUTIONS_3D)("conv3d %i×%i×%i×%i, %i to %i channels, filter %i, %s", async (...of) => {
  const [n, d, h, w, ins, outs, size, pad] = of;
  const random = new Random(String(of));
  await compare(
    (tf, x, filter) => tf.conv3d(x as Tensor5D, filter as Tensor5D, 1, pad),
    [draw(random, [n, d, h, w, ins], -0.3), draw(random, [size, size, size, ins, outs])],
  );
});

test.each([
  [[2, 6, 8, 8], -5],
  [[1, 5, 7, 4], 0],
  [[2, 4, 5, 6, 8], -5],
  [[1, 3, 4, 2, 3], 0],
] as const)("max pooling of %j around %d", async (shape, shift) => {
  const op: Op = (tf, x) =>
    shape.length === 5
      ? tf.maxPool3d(x as Tensor5D, 2, 2, "valid")
      : tf.maxPool(x as Tensor4D, 2, 2, "valid");
  await compare(op, [draw(new Random(String(shape)), shape, shift)]);
});

test.each([
  [[2, 7, 9], 8, 16, 12],
  [[1, 6, 5], 4, 8, 8],
  [[1, 6, 5], 3, 5, 8],
  [[1, 3, 5, 6], 8, 8, 16],
  [[2, 18, 5, 6], 12, 4, 12],
  [[1, 3, 5, 6], 3, 5, 8],
] as const)("a pair of %j, %i and %i channels, convolved to %i", async (size, ca, cb, outs) => {
  const random = new Random(String([size, ca, cb]));
  const taps = size.length === 4 ? [3, 3, 3] : [3, 3];
  await compare(
    (tf, a, b, filter) => layersOf(tf).convolutionOfPair(a!, b!, filter!),
    [draw(random, [...size, ca]), draw(random, [...size, cb]), draw(random, [...taps, ca + cb, outs])],
  );
});

test.each([[[2, 3, 5, 8]], [[1, 4, 2, 3]], [[2, 3, 4, 5, 12]], [[1, 2, 5, 3, 6]]] as const)(
  "doubling of %j",
  async (shape) => {
    const op: Op = (tf, x) => layersOf(tf).doubleNearest(x!);
    await compare(op, [draw(new Random(String(shape)), shape)]);
  },
);

describe("threads", () => {
  test.each([
    ["conv2d", [2, 33, 30], 0],
    ["conv3d", [2, 20, 13, 10], 0],
    ["a pair in 3-D", [1, 20, 13, 10], 16],
    ["a pair of many channels in 3-D", [1, 4, 4, 4], 112],
  ] as const)("any number of them gives the same bits: %s", async (_, size, more) => {
    const random = new Random(3);
    const taps = size.length === 4 ? [3, 3, 3] : [3, 3];
    const inputs = [draw(random, [...size, 16]), draw(random, [...taps, 16 + more, 24])];
    if (more) inputs.splice(1, 0, draw(random, [...size, more]));
    const op: Op = (tf, x, ...rest) => {
      const [filter, other] = [rest.at(-1)!, rest[0] as Tensor4D];
      return more
        ? layersOf(tf).convolutionOfPair(x!, other, filter)
        : convolution(tf, x as Tensor4D, filter);
    };
    const results: Float32Array[][] = [];
    for (const threads of [1, 2, 4]) {
      const session = await wasm({ threads }).open();
      expect(session.can.threads).toBe(threads);
      results.push(await compute(session, op, inputs, 1));
      session.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test("refuses a number that is none", async () => {
    for (const threads of [0, 1.5, 65]) await expect(wasm({ threads }).open()).rejects.toThrow(/threads/);
  });
});
