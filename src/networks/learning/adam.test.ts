import type { Scalar, Variable } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/training/adam.json" with { type: "json" };
import { cpu, type TensorSession, wasm } from "../../networks/backends/index.ts";
import { adam } from "./adam.ts";
import type { AdamOptions } from "./index.ts";
import { RunOptimizers } from "./run-optimizers.ts";

describe.each([
  ["cpu", cpu],
  ["wasm", wasm],
] as const)("Adam on %s against PyTorch", (_name, backend) => {
  let session: TensorSession;
  beforeAll(async () => {
    session = await backend().open();
  });
  afterAll(() => session.close());

  test.each(fixture.cases.map((c) => [c.name, c] as const))("%s", async (_case, c) => {
    const { tf } = session.tensors;
    const tensors = await session.run(() => ({
      before: tf.memory().numTensors,
      x: tf.tensor2d(fixture.x),
      y: tf.tensor2d(fixture.y),
      w: tf.tidy(() => tf.variable(tf.tensor2d(fixture.w))),
      b: tf.tidy(() => tf.variable(tf.tensor1d(fixture.b))),
    }));
    const { before, x, y, w, b } = tensors;
    let running = new RunOptimizers(session, adam(c.options as AdamOptions));
    for (const [i, expected] of c.steps.entries()) {
      const loss = () => {
        const error = tf.squaredDifference(tf.tanh(tf.add(tf.matMul(x, w as typeof x), b)), y);
        return tf.mul(tf.mean(error), 10) as Scalar;
      };
      const done = await session.run(() => running.optimize("all", { w, b }, loss, { rate: c.rates[i]! }));
      expect(done.loss).toBeCloseTo(expected.loss, 4);
      const actual = [...(await w.data()), ...(await b.data())];
      for (const [n, v] of [...expected.w, ...expected.b].entries()) expect(actual[n]).toBeCloseTo(v, 5);
      // Kept and restored between all steps: nothing may be lost.
      const state = await running.state();
      running.dispose();
      running = new RunOptimizers(session, adam(c.options as AdamOptions));
      await running.restore(state);
    }
    running.dispose();
    tf.dispose([x, y, w, b]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a loss that is not finite stops the run and leaks nothing", async () => {
    await session.run(async () => {
      const { tf } = session.tensors;
      const w = tf.variable(tf.scalar(0));
      const running = new RunOptimizers(session, adam());
      const before = tf.memory().numTensors;
      const loss = () => tf.div(w, 0) as Scalar;
      await expect(running.optimize("all", { w }, loss)).rejects.toThrow(
        /loss became NaN at step 1; lower learningRate, set clipNorm, or look/,
      );
      expect(tf.memory().numTensors).toBe(before);
      expect(w.dataSync()[0]).toBe(0);
    });
  });
});

describe("variables are known by name", () => {
  let session: TensorSession;
  beforeAll(async () => {
    session = await cpu().open();
  });
  afterAll(() => session.close());

  /** Two steps with clipping, the state kept and restored in between. `order` is that of the second step. */
  const train = async (order: readonly ("a" | "b")[]) => {
    const { tf } = session.tensors;
    const variables = { a: tf.variable(tf.scalar(1)), b: tf.variable(tf.scalar(3)) };
    const loss = () => tf.add(tf.square(variables.a), tf.mul(variables.b, 7)) as Scalar;
    const [first, second] = [0, 1].map(() => new RunOptimizers(session, adam({ clipNorm: 0.3 })));
    await session.run(() => first!.optimize("all", variables, loss));
    await second!.restore(await first!.state());
    const given = Object.fromEntries(order.map((name) => [name, variables[name]]));
    await session.run(() => second!.optimize("all", given, loss));
    return [variables.a.dataSync()[0], variables.b.dataSync()[0]];
  };

  test("the order in which a model lists them does not matter", async () => {
    expect(await train(["b", "a"])).toEqual(await train(["a", "b"]));
  });

  test("an optimizer given other variables than before says which", async () => {
    await session.run(async () => {
      const { tf } = session.tensors;
      const [a, b] = [tf.variable(tf.scalar(1)), tf.variable(tf.tensor1d([1, 2]))];
      const running = new RunOptimizers(session, adam());
      const other = (variables: Readonly<Record<string, Variable>>) =>
        running.optimize("all", variables, () => tf.square(a) as Scalar);
      await other({ a });
      await expect(other({ c: a })).rejects.toThrow(
        'step.optimize: the variable "c" of shape [] is not among those given before',
      );
      await expect(other({ a: b })).rejects.toThrow('the variable "a" of shape [2] is not among');
      await expect(other({})).rejects.toThrow("given 0 variables, before 1");
    });
  });
});

test("impossible options are refused by name", () => {
  expect(() => adam({ beta1: 1 })).toThrow(/beta1/);
  expect(() => adam({ learningRate: -1 })).toThrow("optimizers.adam: learningRate must be positive, got -1");
});
