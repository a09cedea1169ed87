/**
 * One training step and one prediction of Pix2Pix and of the diffusion model against PyTorch in float64
 * (fixtures/models/make_models.py). Bar: the largest difference is at most 1e-4 of the largest reference value.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../src/base/random/index.ts";
import { type Backend, cpu, type TensorSession, wasm } from "../src/networks/backends/index.ts";
import { losses, type NamedArrays } from "../src/networks/learning/index.ts";
import type { TrainBatch } from "../src/networks/models/index.ts";
import { Diffusion, Pix2Pix, type TrainableModel, type TrainStep } from "../src/networks/models/index.ts";
import fixture from "./fixtures/models/models.json" with { type: "json" };

const BAR = 1e-4;

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const BACKENDS: readonly (readonly [string, () => Backend<TensorSession>])[] = [
  ["cpu", cpu],
  ["wasm", wasm],
];

describe.each(BACKENDS)("%s", (_name, backend) => {
  let session: TensorSession;
  beforeAll(async () => {
    session = await backend().open();
  });
  afterAll(() => session.close());

  test("Pix2Pix: both networks' losses and gradients, and the generator's output", async () => {
    const { pix2pix } = fixture;
    const model = await Pix2Pix(pix2pix.config).create(session, {
      random: new Random(0),
      weights: arraysOf(pix2pix.weights),
    });
    await model.restore!({ tensors: arraysOf(pix2pix.discriminator), json: null });
    const { input } = pairOf(pix2pix);
    const output = await model.predict(input, { random: () => new Random(0) });
    expect(distance(output.data, pix2pix.output)).toBeLessThan(BAR);
    await compareStep(model, pix2pix, new Random(0), {
      generator: Object.keys(await model.weights()),
      discriminator: Object.keys((await model.state!()).tensors),
    });
    model.dispose();
  });

  test("diffusion: loss and gradients for given times and noise, and three DDIM steps", async () => {
    const { diffusion } = fixture;
    const model = await Diffusion(diffusion.config).create(session, {
      random: new Random(0),
      weights: arraysOf(diffusion.weights),
    });
    const { input } = pairOf(diffusion);
    const half = diffusion.noise.data.length / 2;
    const noise = (n: number) => given([], diffusion.noise.data.slice(n * half, (n + 1) * half));
    const output = await model.predict(input, { random: noise });
    expect(distance(output.data, diffusion.output)).toBeLessThan(BAR);
    await compareStep(model, diffusion, given(diffusion.uniform, diffusion.epsilon.data), {
      model: Object.keys(await model.weights()),
    });
    model.dispose();
  });

  /** A step with optimizers that only look, so that the second network sees the first as it was. */
  async function compareStep(
    model: TrainableModel,
    reference: Fixture,
    random: Random,
    /** Names of each optimizer's variables. */
    parameters: Readonly<Record<string, readonly string[]>>,
  ): Promise<void> {
    const asked: string[] = [];
    const l1 = await losses.l1().open(session);
    const spy: TrainStep = {
      optimize: async (name, variables, loss) => {
        asked.push(name);
        const { value, grads } = session.tensors.tf.variableGrads(loss, Object.values(variables));
        expect(Object.keys(variables)).toEqual(parameters[name]);
        for (const [key, variable] of Object.entries(variables)) {
          const gradient = (await grads[variable.name]!.data()) as Float32Array;
          expect(distance(gradient, reference.gradients[key]!), `${name}: ${key}`).toBeLessThan(BAR);
        }
        const read = (await value.data())[0]!;
        session.tensors.tf.dispose([value, grads]);
        return { loss: read, skipped: false };
      },
      loss: (outputs, targets) => l1.value(outputs, targets),
      random,
      index: 0,
      epoch: 0,
    };
    const found = await model.trainStep(pairOf(reference), spy);
    expect(asked).toEqual(Object.keys(parameters));
    expect(Object.keys(found).sort()).toEqual(Object.keys(reference.losses).sort());
    for (const [name, loss] of Object.entries(reference.losses))
      expect(Math.abs(found[name]! - loss) / loss, name).toBeLessThan(BAR);
  }
});

interface Fixture {
  readonly x: Numbers;
  readonly y: Numbers;
  readonly mask: Numbers;
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, Numbers>>;
}

function pairOf({ x, y, mask }: Pick<Fixture, "x" | "y" | "mask">): TrainBatch {
  const batch = ({ data, shape }: Numbers) => ({
    data: Float32Array.from(data),
    shape,
  });
  return { input: batch(x), targets: { ct: { ...batch(y), mask: Float32Array.from(mask.data) } } };
}

function arraysOf(named: Readonly<Record<string, Numbers>>): NamedArrays {
  return Object.fromEntries(
    Object.entries(named).map(([name, { data, shape }]) => [name, { data: Float32Array.from(data), shape }]),
  );
}

/** A generator that hands out given numbers. */
function given(uniform: readonly number[], normal: readonly number[]): Random {
  const [u, n] = [[...uniform], [...normal]];
  return Object.assign(new Random(0), { next: () => u.shift()!, normal: () => n.shift()! });
}

function distance(found: ArrayLike<number>, { data }: Numbers): number {
  expect(found.length).toBe(data.length);
  const largest = Math.max(...data.map(Math.abs));
  return Math.max(...data.map((v, i) => Math.abs(found[i]! - v))) / Math.max(largest, 1e-12);
}
