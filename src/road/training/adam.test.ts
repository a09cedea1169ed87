import type { Scalar } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/training/adam.json" with { type: "json" };
import { cpu, type Session, wasm } from "../../networks/backends/index.ts";
import type { AdamOptions } from "../../networks/models/index.ts";
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
        expect(await adam.step({ w, b }, loss, c.rates[i]!)).toBeCloseTo(expected.loss, 4);
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
      await expect(adam.step({ w }, loss, 1)).rejects.toThrow(
        /loss became NaN at step 1; lower learningRate/,
      );
      expect(tf.memory().numTensors).toBe(before);
      expect(w.dataSync()[0]).toBe(0);
    });
  });
});

describe("variables are known by name", () => {
  let session: Session;
  beforeAll(async () => {
    session = await cpu().open();
  });
  afterAll(() => session.close());

  /** Two steps with clipping, the state kept and restored in between. `order` is that of the second step. */
  const train = (order: readonly ("a" | "b")[]) =>
    session.run(async () => {
      const { tf } = session;
      const variables = { a: tf.variable(tf.scalar(1)), b: tf.variable(tf.scalar(3)) };
      const loss = () => tf.add(tf.square(variables.a), tf.mul(variables.b, 7)) as Scalar;
      const [first, second] = [new Adam(session, { clipNorm: 0.3 }), new Adam(session, { clipNorm: 0.3 })];
      await first.step(variables, loss, 1);
      second.restore(await first.state());
      await second.step(Object.fromEntries(order.map((name) => [name, variables[name]])), loss, 1);
      return [variables.a.dataSync()[0], variables.b.dataSync()[0]];
    });

  test("the order in which a model lists them does not matter", async () => {
    expect(await train(["b", "a"])).toEqual(await train(["a", "b"]));
  });

  test("an optimizer given other variables than before says which", async () => {
    await session.run(async () => {
      const { tf } = session;
      const [a, b] = [tf.variable(tf.scalar(1)), tf.variable(tf.tensor1d([1, 2]))];
      const adam = new Adam(session);
      await adam.step({ a }, () => tf.square(a) as Scalar, 1);
      const other = (variables: Parameters<Adam["step"]>[0]) =>
        adam.step(variables, () => tf.square(a) as Scalar, 1);
      await expect(other({ c: a })).rejects.toThrow(
        'step.optimize: the variable "c" of shape [] is not among those given before',
      );
      await expect(other({ a: b })).rejects.toThrow('the variable "a" of shape [2] is not among');
      await expect(other({})).rejects.toThrow("given 0 variables, before 1");
    });
  });
});
