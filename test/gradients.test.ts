/**
 * Every op that UNet uses, and whole tiny U-Nets, forward and backward, against PyTorch in float64
 * (fixtures/gradients/make_gradients.py). Bar: the largest difference is at most 1e-4 of the largest reference value.
 */

import type { Scalar, Tensor, Tensor4D, Tensor5D } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../src/base/random/index.ts";
import {
  type Backend,
  cpu,
  type TensorSession,
  type Tensors,
  type Tf,
  wasm,
} from "../src/networks/backends/index.ts";
import { tensorLayers } from "../src/networks/layers/index.ts";
import type { Loss, OpenLoss } from "../src/networks/learning/index.ts";
import { losses, type NamedArrays, optimizers, RunOptimizers } from "../src/networks/learning/index.ts";
import type { TrainBatch } from "../src/networks/models/index.ts";
import { lendStep, type TrainStep, UNet, type UNetConfig } from "../src/networks/models/index.ts";
import fixture from "./fixtures/gradients/gradients.json" with { type: "json" };
import { anyRandom } from "./support/predict-options.ts";

const BAR = 1e-4;

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Named = Readonly<Record<string, Numbers>>;
interface OpCase {
  readonly name: string;
  readonly op: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Named;
  readonly dy: Numbers;
  readonly value: Numbers;
  readonly gradients: Named;
}
interface Variant {
  readonly config: UNetConfig & { readonly upsampling: string; readonly outChannels: number };
  readonly output: Numbers;
  readonly evaluated?: Numbers;
  readonly loss: number;
  readonly gradients: Named;
}

const cases = fixture.cases as unknown as readonly OpCase[];
/** What all variants of one number of dimensions share. */
interface Networks {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly mask: Numbers;
  readonly weights: { readonly nearest: Named; readonly transposed: Named };
  readonly variants: readonly Variant[];
}
const networks = [
  fixture.unets,
  fixture.unets3d,
  fixture.unetsHalf,
  fixture.unetsHalf3d,
] as unknown as readonly Networks[];

/** Each op reads the ones that it has. */
interface OpOptions {
  readonly stride: number | [number, number];
  readonly pad: "same" | "valid";
  readonly over: "instance" | "batch";
  readonly size: [number, number];
}
/** The op of a fixture as the library computes it. */
type Op = (tensors: Tensors, inputs: Record<string, Tensor>, options: OpOptions) => Tensor;
const four = (x: Tensor | undefined) => x as Tensor4D;
const ops: Readonly<Record<string, Op>> = {
  conv2d: ({ tf }, { x, filter }, { stride, pad }) => tf.conv2d(four(x), four(filter), stride, pad),
  conv3d: ({ tf }, { x, filter }, { stride, pad }) =>
    tf.conv3d(x as Tensor5D, filter as Tensor5D, Number(stride), pad),
  convolutionOfPair: ({ layers }, { a, b, filter }) => layers.training.convolutionOfPair(a!, b!, filter!),
  doubleTransposed: ({ tf, layers }, { x, filter }) =>
    layers.training.doubleTransposed(x!, filter!, tf.zeros([filter!.shape[filter!.rank - 2]!])),
  halve: ({ layers }, { x }) => layers.training.halve(x!),
  normLeaky: ({ layers }, { x, gamma, beta }, { over }) =>
    layers.training.normLeaky(x!, gamma!, beta!, { over }),
  fixedNormLeaky: ({ layers }, { x, mean, variance, gamma, beta }) =>
    layers.inference.batchNormLeaky(x!, { gamma: gamma!, beta: beta!, mean: mean!, variance: variance! }),
  biasLeaky: ({ layers }, { x, bias }) => layers.training.leaky(layers.training.add(x!, bias!)),
  doubleNearest: ({ layers }, { x }) => layers.training.doubleNearest(x!),
  doubleBilinear: ({ layers }, { x }) => layers.training.doubleBilinear(x!),
  sigmoid: ({ tf }, { x }) => tf.sigmoid(x!),
  tanh: ({ tf }, { x }) => tf.tanh(x!),
  l1: (tensors, { prediction, target, _mask }) => lossOf(losses.l1(), tensors, prediction!, target!, _mask),
  l2: (tensors, { prediction, target, _mask }) => lossOf(losses.l2(), tensors, prediction!, target!, _mask),
  maxPool3d: ({ tf }, { x }, { size, stride, pad }) =>
    tf.maxPool3d(x as Tensor5D, Number(size), Number(stride), pad),
  resizeNearest: ({ tf }, { x }, { size }) => tf.image.resizeNearestNeighbor(four(x), size),
};

/** Largest difference as a share of the largest reference value. */
function distance(actual: ArrayLike<number>, expected: Numbers): number {
  expect(actual.length).toBe(expected.data.length);
  let worst = 0;
  let largest = 0;
  for (const [i, reference] of expected.data.entries()) {
    const difference = Math.abs(actual[i]! - reference);
    if (!(difference <= worst)) worst = difference; // NaN must not pass
    largest = Math.max(largest, Math.abs(reference));
  }
  expect(largest).toBeGreaterThan(0);
  return worst / largest;
}

const tensorOf = (tf: Tf, { data, shape }: Numbers) => tf.tensor([...data], [...shape], "float32");

/** Value and gradients of one op, with their distances from the fixture. */
async function measure(tensors: Tensors, { op, options, inputs, dy, value, gradients }: OpCase) {
  const { tf } = tensors;
  const names = Object.keys(gradients);
  const fixed = Object.keys(inputs).filter((name) => !names.includes(name));
  const constants = Object.fromEntries(fixed.map((name) => [name, tensorOf(tf, inputs[name]!)]));
  const f = (...given: Tensor[]) =>
    ops[op]!(
      tensors,
      { ...constants, ...Object.fromEntries(names.map((name, i) => [name, given[i]!])) },
      options as unknown as OpOptions,
    );
  const xs = names.map((name) => tensorOf(tf, inputs[name]!));
  const y = tf.tidy(() => f(...xs));
  expect(y.shape).toEqual(value.shape);
  const distances: Record<string, number> = { value: distance(await y.data(), value) };
  const grads = tf.grads(f)(xs, tensorOf(tf, dy));
  for (const [i, name] of names.entries()) {
    expect(grads[i]!.shape).toEqual(gradients[name]!.shape);
    distances[name] = distance(await grads[i]!.data(), gradients[name]!);
  }
  tf.dispose([y, xs, grads, constants]);
  return distances;
}

const BACKENDS: readonly (readonly [string, () => Backend<TensorSession>])[] = [
  ["cpu", cpu],
  ["wasm", wasm],
];

describe.each(BACKENDS)("%s", (backendName, backend) => {
  let session: TensorSession;
  let worst = { distance: 0, where: "" };
  const keep = (where: string, distances: Readonly<Record<string, number>>) => {
    for (const [key, d] of Object.entries(distances)) {
      if (d > worst.distance) worst = { distance: d, where: `${where}: ${key}` };
      expect(d, `${where}: ${key}`).toBeLessThanOrEqual(BAR);
    }
  };
  beforeAll(async () => {
    session = await backend().open();
  });
  afterAll(() => {
    session.close();
    console.log(`${backendName}: worst ‖Δ‖∞/‖ref‖∞ ${worst.distance.toExponential(1)} (${worst.where})`);
  });

  test.each(cases.map((c) => [c.name, c] as const))("%s", async (name, opCase) => {
    keep(name, await session.run(() => measure(session.tensors, opCase)));
  });

  const norms = cases.filter((c) => c.op === "normLeaky");
  test.each(norms.map((c) => [c.name, c] as const))("%s, composed of ops", async (name, opCase) => {
    // As on a backend that brings no kernel for it.
    const { tf, layers } = session.tensors;
    const bare: Tensors = { tf, layers: { ...layers, training: tensorLayers(tf, true) } };
    keep(`${name}, composed`, await session.run(() => measure(bare, opCase)));
  });

  /** The fixture says how many channels come out, which the recipe's outputs say here. */
  const optionsOf = ({ config: { outChannels: _, ...config } }: Variant): UNetConfig => config;
  const title = ({ config }: Variant) =>
    `${config.dims ?? 2}-D, ${config.stem ?? "full"} stem, ${config.norm} norm, ${config.upsampling} up, ${config.finalActivation}`;
  const batch = (numbers: Numbers) => ({
    data: Float32Array.from(numbers.data),
    shape: numbers.shape,
  });
  const pairOf = ({ x, y, mask }: Networks): TrainBatch => ({
    input: batch(x),
    targets: { ct: { ...batch(y), mask: Float32Array.from(mask.data) } },
  });
  const variants = networks.flatMap((of) => of.variants.map((v) => [title(v), v, of] as const));

  /** The fixture's weights that this variant has. */
  function weightsOf({ config }: Variant, { weights }: Networks): NamedArrays {
    const drawn: Named = config.upsampling === "transposed" ? weights.transposed : weights.nearest;
    const wanted = Object.entries(drawn).filter(([name]) => {
      if (/norm\.(mean|variance)$/.test(name)) return config.norm === "batch";
      return config.norm !== "none" || !name.endsWith("norm.weight");
    });
    return Object.fromEntries(
      wanted.map(([name, { data, shape }]) => [name, { data: Float32Array.from(data), shape }]),
    );
  }

  test.each(variants)("U-Net, %s", async (name, variant, of) => {
    const pair = pairOf(of);
    const model = await UNet(optionsOf(variant)).create(session, {
      random: new Random(0),
      weights: weightsOf(variant, of),
    });
    const before = await model.predict(pair.input, anyRandom);
    keep(`U-Net ${name}`, { predict: distance(before.data, variant.evaluated ?? variant.output) });

    // trainStep with an optimizer that only looks: gradients as they reach Adam.
    const gradients: Record<string, Float32Array> = {};
    const l1 = await losses.l1().open(session);
    const spy: TrainStep = {
      optimize: async (_name, variables, loss) => {
        const { value, grads } = session.tensors.tf.variableGrads(loss, Object.values(variables));
        for (const [key, variable] of Object.entries(variables))
          gradients[key] = (await grads[variable.name]!.data()) as Float32Array;
        const read = (await value.data())[0]!;
        session.tensors.tf.dispose([value, grads]);
        return { loss: read, skipped: false };
      },
      loss: (outputs, targets) => l1.value(outputs, targets),
      random: new Random(0),
      index: 0,
      epoch: 0,
    };
    const { loss } = await model.trainStep(pair, spy);
    keep(`U-Net ${name}`, { loss: Math.abs(loss - variant.loss) / variant.loss });
    const names = Object.keys(await model.weights()).filter((n) => !/norm\.(mean|variance)$/.test(n));
    expect(Object.keys(gradients).sort()).toEqual([...names].sort());
    expect(new Set(names)).toEqual(new Set(Object.keys(variant.gradients).filter((n) => names.includes(n))));
    keep(
      `U-Net ${name}`,
      Object.fromEntries(names.map((n) => [n, distance(gradients[n]!, variant.gradients[n]!)])),
    );
    model.dispose();
  });

  test.each(variants)("no tensor leaks: %s", async (_name, variant, of) => {
    const pair = pairOf(of);
    const { tf } = session.tensors;
    const count = () => session.run(() => tf.memory().numTensors);
    const empty = await count();
    const model = await UNet(optionsOf(variant)).create(session, { random: new Random(1) });
    const lent = {
      optimizers: new RunOptimizers(session, optimizers.adam({ clipNorm: 1 })),
      loss: await losses.l1().open(session),
    };
    const step = async (index: number) => {
      await model.trainStep(pair, lendStep(lent, { index, epoch: 0, rate: 1, seed: 0 }));
      await model.predict(pair.input, anyRandom);
    };
    await step(0); // makes the moments
    const after = await count();
    const [buffers, bytes] = await session.run(() => [tf.memory().numDataBuffers, tf.memory().numBytes]);
    for (let index = 1; index <= 3; index++) await step(index);
    expect(await count()).toBe(after);
    expect(await session.run(() => [tf.memory().numDataBuffers, tf.memory().numBytes])).toEqual([
      buffers,
      bytes,
    ]);
    model.dispose();
    lent.optimizers.dispose();
    expect(await count()).toBe(empty);
  });

  test("an empty mask gives loss 0 and gradient 0", async () => {
    const { tf } = session.tensors;
    const [loss, gradient] = await session.run(() => {
      const f = (p: Tensor) =>
        lossOf(losses.l1(), session.tensors, p, tf.ones([1, 2, 2, 1]), tf.zeros([1, 2, 2, 1]));
      const p = tf.zeros([1, 2, 2, 1]);
      return [f(p).dataSync()[0], [...tf.grad(f)(p).dataSync()]];
    });
    expect(loss).toBe(0);
    expect(gradient?.map(Math.abs)).toEqual([0, 0, 0, 0]);
  });
});

/** A loss of one output and its target; without a mask each pixel counts as 1. */
function lossOf(loss: Loss, tensors: Tensors, values: Tensor, target: Tensor, mask?: Tensor): Scalar {
  const open = loss.open({ tensors } as TensorSession) as OpenLoss; // one without networks of its own
  const weight = mask ?? tensors.tf.ones([...values.shape.slice(0, -1), 1]);
  return open.value({ ct: values }, { ct: { values: target, weight } });
}
