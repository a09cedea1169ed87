import type { Scalar } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/training/steps.json" with { type: "json" };
import { cpu, type TensorSession, wasm } from "../backends/index.ts";
import { optimizers } from "./optimizers.ts";
import { RunOptimizers } from "./run-optimizers.ts";

const make = optimizers as unknown as Readonly<
  Record<string, (options: object) => ReturnType<typeof optimizers.adam>>
>;

/** Largest difference from PyTorch's float64, as a share of the largest weight. */
function distance(actual: ArrayLike<number>, wanted: readonly number[]): number {
  expect(actual.length).toBe(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, n) => Math.abs(actual[n]! - value))) / largest;
}

describe.each([
  ["cpu", cpu],
  ["wasm", wasm],
] as const)("forty steps on %s against PyTorch", (_name, backend) => {
  let session: TensorSession;
  beforeAll(async () => {
    session = await backend().open();
  });
  afterAll(() => session.close());

  test.each(fixture.cases.map((c) => [c.title, c] as const))("%s", async (_title, c) => {
    const { tf } = session.tensors;
    const how: { readonly cosine?: boolean; readonly batches?: number } = c.how;
    const { batches = 1 } = how;
    const [before, x, y, w, b] = await session.run(
      () =>
        [
          tf.memory().numTensors,
          tf.tensor2d(fixture.x),
          tf.tensor2d(fixture.y),
          tf.tidy(() => tf.variable(tf.tensor2d(fixture.w))),
          tf.tidy(() => tf.variable(tf.tensor1d(fixture.b))),
        ] as const,
    );
    const rows = fixture.x.length / batches;
    const made = make[c.optimizer]!(c.options);
    expect(make[c.optimizer]!(made.toJSON() as object).toJSON()).toEqual(made.toJSON());
    let running = new RunOptimizers(session, made);
    for (const [step, expected] of c.losses.entries()) {
      const rate = how.cosine ? 0.5 * (1 + Math.cos((Math.PI * step) / c.losses.length)) : 1;
      let loss = 0;
      for (let part = 0; part < batches; part++) {
        const error = () => {
          const [xs, ys] = [
            tf.slice(x, [part * rows, 0], [rows, 3]),
            tf.slice(y, [part * rows, 0], [rows, 2]),
          ];
          const z = tf.add(tf.matMul(xs, w as typeof x), b);
          const made = tf.div(z, tf.sqrt(tf.add(tf.square(z), 1)));
          return tf.mul(tf.mean(tf.squaredDifference(made, ys)), 4) as Scalar;
        };
        const done = await session.run(() =>
          running.optimize("all", { w, b }, error, { rate, calls: batches }),
        );
        loss += done.loss / batches;
      }
      expect(Math.abs(loss - expected)).toBeLessThan(1e-6 * Math.max(1, expected));
      if (step % 10 > 0) continue;
      const state = await running.state(); // kept and restored: nothing may be lost
      running.dispose();
      running = new RunOptimizers(session, made);
      await running.restore(state);
    }
    expect(distance([...(await w.data()), ...(await b.data())], [...c.w, ...c.b])).toBeLessThan(1e-6);
    running.dispose();
    tf.dispose([x, y, w, b]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("gathered gradients step at the end of few calls, and hold no checkpoint before", async () => {
    const { tf } = session.tensors;
    const before = await session.run(() => tf.memory().numTensors);
    const w = await session.run(() => tf.tidy(() => tf.variable(tf.scalar(1))));
    const running = new RunOptimizers(session, optimizers.sgd({ learningRate: 0.1, momentum: 0 }));
    const by = (factor: number) =>
      session.run(() => running.optimize("all", { w }, () => tf.mul(w, factor) as Scalar, { calls: 3 }));
    await by(1);
    await by(3);
    expect(w.dataSync()[0]).toBe(1);
    expect(() => running.state()).toThrow("gradients are gathered");
    await running.finish(0.5);
    expect(w.dataSync()[0]).toBeCloseTo(1 - 0.5 * 0.1 * 2, 6);
    expect((await running.state()).steps).toEqual({ all: 1 });
    await by(Number.NaN).catch(({ message }) => expect(message).toContain("the loss became NaN"));
    await by(1);
    running.dispose(); // within a step
    w.dispose();
    expect(await session.run(() => tf.memory().numTensors)).toBe(before);
  });
});
