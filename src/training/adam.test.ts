import type { Scalar } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fixture from "../../test/fixtures/training/adam.json" with { type: "json" };
import { cpu, type Session, wasm } from "../backends/index.ts";
import type { AdamOptions } from "../models/index.ts";
import { Adam } from "./adam.ts";

describe.each([
  ["cpu", cpu],
  ["wasm", wasm],
] as const)("Adam on %s against PyTorch", (_name, backend) => {
  let session: Session;
  beforeAll(async () => {
    session = await backend().open();
  });
  afterAll(() => session.close());

  test.each(fixture.cases.map((c) => [c.name, c] as const))("%s", async (_case, c) => {
    await session.run(async () => {
      const { tf } = session;
      const before = tf.memory().numTensors;
      const x = tf.tensor2d(fixture.x);
      const y = tf.tensor2d(fixture.y);
      const w = tf.variable(tf.tensor2d(fixture.w));
      const b = tf.variable(tf.tensor1d(fixture.b));
      let adam = new Adam(session, c.options as AdamOptions);
      for (const [i, expected] of c.steps.entries()) {
        const loss = () => {
          const error = tf.squaredDifference(tf.tanh(tf.add(tf.matMul(x, w as typeof x), b)), y);
          return tf.mul(tf.mean(error), 10) as Scalar;
        };
        expect(await adam.step([w, b], loss, c.rates[i]!)).toBeCloseTo(expected.loss, 4);
        const actual = [...(await w.data()), ...(await b.data())];
        for (const [n, v] of [...expected.w, ...expected.b].entries()) expect(actual[n]).toBeCloseTo(v, 5);
        // Kept and restored between all steps: nothing may be lost.
        const state = await adam.state();
        adam.dispose();
        adam = new Adam(session, c.options as AdamOptions);
        adam.restore(state);
      }
      adam.dispose();
      tf.dispose([x, y, w, b]);
      // The two initial tensors that tf.variable copied.
      expect(tf.memory().numTensors).toBe(before + 2);
    });
  });

  test("a loss that is not finite stops the run and leaks nothing", async () => {
    await session.run(async () => {
      const { tf } = session;
      const w = tf.variable(tf.scalar(0));
      const adam = new Adam(session);
      const before = tf.memory().numTensors;
      const loss = () => tf.div(w, 0) as Scalar;
      await expect(adam.step([w], loss, 1)).rejects.toThrow(
        /loss became NaN at step 1; lower the learning rate/,
      );
      expect(tf.memory().numTensors).toBe(before);
      expect(w.dataSync()[0]).toBe(0);
    });
  });
});
