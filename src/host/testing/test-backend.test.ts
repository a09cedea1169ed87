import type { Tensor4D } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import {
  type AdamStep,
  type Backend,
  cpu,
  type TensorSession,
  type Tf,
  wasm,
} from "../../networks/backends/index.ts";
import { tensorLayers } from "../../networks/layers/index.ts";
import type { ContractReport } from "./checks.ts";
import { type BackendCheckName, testBackend } from "./test-backend.ts";

test.each([cpu(), wasm()])("$name keeps the contract", async (backend) => {
  const { checks, ops } = await testBackend(backend);
  expect(checks.map((c) => c.name)).toEqual(Object.keys(BROKEN));
  const threads = { name: "threads", skipped: "the backend has no withThreads" };
  expect(checks.filter((c) => !c.passed)).toMatchObject(backend.withThreads ? [] : [threads]);
  expect(ops.length).toBeGreaterThan(50);
  for (const { op, compared, passed, worst } of ops) {
    expect(passed, op).toBe(compared);
    expect(worst, op).toBeLessThanOrEqual(1e-4);
  }
});

/** wasm with another session. */
function changed(change: (session: TensorSession) => TensorSession): Backend {
  return { ...wasm(), withThreads: undefined, open: async () => change(await wasm().open()) };
}
/** wasm with other ops. */
const withOps = (ops: (tf: Tf) => Partial<Tf>) =>
  changed((session) => {
    const tf = { ...session.tensors.tf, ...ops(session.tensors.tf) };
    const layers = { training: tensorLayers(tf, true), inference: tensorLayers(tf, false) };
    return { ...session, tensors: { ...session.tensors, tf, layers } };
  });

/** Each promise broken alone. */
const BROKEN: Readonly<Record<BackendCheckName, Backend>> = {
  session: changed((session) => ({ ...session, close: () => undefined })),
  // Starts work at once.
  queue: changed((session) => ({
    ...session,
    run: async (work) => {
      await session.run(() => undefined);
      return work();
    },
  })),
  nested: changed((session) => {
    let inside = false;
    const run: TensorSession["run"] = (work) =>
      inside
        ? Promise.resolve(work())
        : session.run(async () => {
            inside = true;
            try {
              return await work();
            } finally {
              inside = false;
            }
          });
    return { ...session, run };
  }),
  // Half precision.
  transfer: withOps((tf) => ({
    tensor1d: ((data: Float32Array) =>
      tf.tensor1d(data.map((v) => Math.round(v * 1024) / 1024))) as Tf["tensor1d"],
  })),
  deterministic: withOps((tf) => ({
    sum: ((...given: Parameters<Tf["sum"]>) =>
      tf.mul(tf.sum(...given), 1 + 2e-6 * Math.random())) as Tf["sum"],
  })),
  seeded: changed((session) => ({ ...session, seed: () => undefined })),
  // Another value with the right gradient.
  values: withOps((tf) => ({
    leakyRelu: ((x: Tensor4D, slope?: number) => {
      const other = tf.customGrad((input) => ({
        value: tf.mul(input as Tensor4D, 1.01) as Tensor4D,
        gradFunc: (dy: Tensor4D) => tf.clone(dy),
      }));
      return other(tf.leakyRelu(x, slope)) as Tensor4D;
    }) as Tf["leakyRelu"],
  })),
  // The right value with a gradient that is a tenth too large.
  gradients: withOps((tf) => ({
    conv2d: ((x: Tensor4D, ...others: [Tensor4D, number, "same" | "valid"]) => {
      const louder = tf.customGrad((input) => ({
        value: tf.clone(input as Tensor4D),
        gradFunc: (dy: Tensor4D) => tf.mul(dy, 1.1) as Tensor4D,
      }));
      return tf.conv2d(louder(x), ...others);
    }) as Tf["conv2d"],
  })),
  // The right value at the shapes that are stored; another where a row is longer than eight pixels.
  shapes: withOps((tf) => ({
    conv2d: ((x: Tensor4D, ...others: [Tensor4D, number, "same" | "valid"]) => {
      const y = tf.conv2d(x, ...others);
      return x.shape[2] > 8 && x.shape[3] < 12 ? tf.mul(y, 1.01) : y;
    }) as Tf["conv2d"],
  })),
  // Sums in another order on two threads.
  threads: {
    ...wasm(),
    withThreads: (threads) =>
      threads === 1
        ? wasm()
        : withOps((tf) => ({ square: ((x) => tf.mul(tf.square(x), 1 + 1e-6)) as Tf["square"] })),
  },
  tensorLeaks: withOps((tf) => ({
    tanh: ((x: Tensor4D) => {
      tf.keep(tf.zeros([1]));
      return tf.tanh(x);
    }) as Tf["tanh"],
  })),
  // A kernel for Adam that takes steps a little too long.
  optimizer: changed((session) => {
    const { tf } = session.tensors;
    const adam: AdamStep = (variables, { beta1, beta2, scale, size, epsilon }) =>
      tf.tidy(() => {
        for (const { weights, gradient, first, second } of variables) {
          const g = tf.mul(gradient, scale);
          first.assign(tf.add(tf.mul(first, beta1), tf.mul(g, 1 - beta1)));
          second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2)));
          const move = tf.div(tf.mul(first, 1.01 * size), tf.add(tf.sqrt(second), epsilon));
          weights.assign(tf.sub(weights, move));
        }
      });
    return { ...session, tensors: { ...session.tensors, adam } };
  }),
};

describe("a broken backend fails the check that is about it, and no other", () => {
  test.each(Object.entries(BROKEN))("%s", async (name, backend) => {
    const skip = name === "shapes" ? undefined : { shapes: "takes long, and its own test breaks it" };
    const error = await errorOf(testBackend(backend, { skip }));
    const failed = (error.cause as ContractReport).checks.filter((c) => !c.passed && !c.skipped);
    expect(failed.map((c) => `${c.name}: ${c.detail}`)).toEqual([
      expect.stringMatching(`^${name}: expected .*; found .*; .*\\.$`),
    ]);
  });
});

test("a backend that can't run here says why", async () => {
  const absent = { ...cpu(), supports: async () => ({ reason: "no adapter" }) };
  expect((await errorOf(testBackend(absent))).message).toBe("cpu: no adapter");
});
