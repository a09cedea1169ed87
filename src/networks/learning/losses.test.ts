import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/training/losses.json" with { type: "json" };
import { cpu, type TensorSession, wasm } from "../backends/index.ts";
import type { FeatureNetwork } from "./feature-loss.ts";
import type { Loss } from "./loss.ts";
import { losses } from "./losses.ts";

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Sample = Readonly<Record<"output" | "target" | "weight", Numbers>>;

const context = { hu: { ct: { scale: fixture.scale, offset: fixture.offset } } };
const samples = fixture.samples as unknown as Readonly<Record<string, Sample>>;

/** The fixture's: two convolutions, each of whose results is looked at. */
const network: FeatureNetwork = {
  name: "two-filters",
  weights: Object.fromEntries(
    fixture.filters.map(({ shape, data }, n) => [`filter.${n}`, { shape, data: Float32Array.from(data) }]),
  ),
  features(layers, weights, image) {
    const first = layers.leaky(layers.convolution(image, weights.get("filter.0")));
    return [first, layers.leaky(layers.convolution(first, weights.get("filter.1")))];
  },
};

const labels = { of: "labels" };
const make: Readonly<Record<string, (options: object) => Loss>> = {
  ...losses,
  sum: () => losses.sum([[1, losses.l1()]]),
  features: () => losses.features({ network }),
  crossEntropy: () => losses.crossEntropy(labels),
  dice: () => losses.dice(labels),
};

describe.each([
  ["cpu", cpu],
  ["wasm", wasm],
] as const)("on %s against float64", (_name, backend) => {
  let session: TensorSession;
  beforeAll(async () => {
    session = await backend().open();
  });
  afterAll(() => session.close());

  const tensorOf = ({ data, shape }: Numbers) => session.tensors.tf.tensor([...data], [...shape]);

  /** Value and gradient, with nothing left behind. */
  async function measured(loss: Loss, { output, target, weight }: Sample) {
    const { tf } = session.tensors;
    const before = await session.run(() => tf.memory().numTensors);
    const opened = await loss.open(session, context);
    const found = await session.run(async () => {
      const [x, values, weights] = [tensorOf(output), tensorOf(target), tensorOf(weight)];
      const targets = { values, weight: weights };
      const f = (given: Tensor) =>
        opened.value({ ct: given, labels: given }, { ct: targets, labels: targets });
      const { value, grad } = tf.valueAndGrad(f)(x, tf.scalar(1));
      const read = { value: (await value.data())[0]!, gradient: [...(await grad.data())] };
      tf.dispose([x, values, weights, value, grad]);
      return read;
    });
    opened.dispose?.();
    expect((await session.run(() => tf.memory().numTensors)) - before).toBeLessThanOrEqual(1); // the scalar 1
    return found;
  }

  test.each(fixture.cases.map((c) => [`${c.name} ${JSON.stringify(c.options)}, ${c.sample}`, c] as const))(
    "%s",
    async (_title, c) => {
      const { value, gradient } = await measured(make[c.name]!(c.options), samples[c.sample]!);
      expect(Math.abs(value - c.value) / c.value).toBeLessThan(1e-6);
      const largest = Math.max(...c.gradient.data.map(Math.abs));
      expect(largest).toBeGreaterThan(0);
      for (const [n, wanted] of c.gradient.data.entries())
        expect(Math.abs(gradient[n]! - wanted) / largest).toBeLessThan(1e-4);
    },
  );

  /** The same sample with other numbers where nothing counts. */
  const garbage = ({ output, target, weight }: Sample, by: number): Sample => {
    const changed = ({ shape, data }: Numbers, sign: number): Numbers => ({
      shape,
      data: data.map((value, n) => (weight.data[n] === 0 ? sign * by * ((n % 7) + 1) : value)),
    });
    return { output: changed(output, 1), target: changed(target, -1), weight };
  };

  test.each(["l1", "l2", "huber", "bone", "ssim", "gradient"])(
    "what stands at pixels of weight 0 changes nothing of %s",
    async (name) => {
      const sample = samples["2-D, weighted"]!;
      const [one, other] = [garbage(sample, 0.5), garbage(sample, -0.75)];
      const loss = make[name]!({});
      const [a, b] = [await measured(loss, one), await measured(loss, other)];
      expect(b.value).toBeCloseTo(a.value, 6);
      for (const [n, weight] of sample.weight.data.entries()) {
        expect(b.gradient[n]).toBeCloseTo(a.gradient[n]!, 6);
        if (weight === 0) expect(Math.abs(a.gradient[n]!)).toBe(0);
      }
    },
  );

  test.each(["l1", "bone", "ssim", "gradient", "laplacian", "features"])(
    "%s of nothing that counts is 0, and so is its gradient",
    async (name) => {
      const { output, target, weight } = samples["2-D"]!;
      const none = { output, target, weight: { ...weight, data: weight.data.map(() => 0) } };
      const { value, gradient } = await measured(make[name]!({}), none);
      expect(value).toBe(0);
      expect(gradient.every((each) => each === 0)).toBe(true);
    },
  );

  test("a sum is of its terms by their weights, which may ramp, and reports each by name", async () => {
    const { tf } = session.tensors;
    const sample = samples["2-D"]!;
    const ramp = { from: 0, to: 2, epochs: [2, 4] } as const;
    const bySteps = { from: 1, to: 0.5, steps: [10, 20] } as const;
    const terms = [
      [1, losses.l1()],
      [ramp, losses.gradient()],
      [
        bySteps,
        losses.sum([
          [3, losses.l2()],
          [1, losses.l2({ of: "labels" })],
          [1, losses.l2()],
        ]),
      ],
    ] as const;
    const sum = losses.sum(terms);
    expect(sum.name).toBe("l1+gradient+l2+l2+l2");
    expect(sum.toJSON()).toMatchObject({
      name: "sum",
      terms: [
        [1, { name: "l1", of: "ct" }],
        [ramp, {}],
        [bySteps, {}],
      ],
    });
    const opened = await sum.open(session, context);
    const { value: l1 } = await measured(losses.l1(), sample);
    const { value: gradient } = await measured(losses.gradient(), sample);
    const { value: l2 } = await measured(losses.l2(), sample);
    for (const [epoch, step, weights] of [
      [0, 0, [0, 1]],
      [2.5, 10, [0.5, 1]],
      [3, 15, [1, 0.75]],
      [9, 90, [2, 0.5]],
    ] as const) {
      const parts: Record<string, number> = {};
      const value = await session.run(() =>
        tf.tidy(() => {
          const [x, target] = [
            tensorOf(sample.output),
            { values: tensorOf(sample.target), weight: tensorOf(sample.weight) },
          ];
          const report = (name: string, part: Scalar) => {
            parts[name] = part.dataSync()[0]!;
          };
          const both = { ct: target, labels: target };
          return opened.value({ ct: x, labels: x }, both, { epoch, step, report }).dataSync()[0]!;
        }),
      );
      expect(value).toBeCloseTo(l1 + weights[0] * gradient + weights[1] * 5 * l2, 5);
      const sumName = "l2+l2+l2";
      expect(Object.keys(parts).sort()).toEqual(
        [
          "gradient",
          "l1",
          sumName,
          `${sumName}.l2.ct.1`,
          `${sumName}.l2.ct.3`,
          `${sumName}.l2.labels`,
        ].sort(),
      );
      expect(parts.gradient).toBeCloseTo(gradient, 6);
    }
  });
});

test("impossible options are refused by name, and what a loss can't know is asked for", async () => {
  expect(() => losses.huber({ delta: 0 })).toThrow("losses.huber: delta must be positive, got 0");
  expect(() => losses.bone({ from: 300, to: 300 })).toThrow("losses.bone: from must be below to");
  expect(() => losses.ssim({ sigma: -1 })).toThrow("losses.ssim: range and sigma must be positive");
  expect(() => losses.gradient({ power: 3 as 2 })).toThrow("losses.gradient: power is 1 or 2, got 3");
  expect(() => losses.laplacian({ levels: 0 })).toThrow("losses.laplacian: levels is a whole number from 1");
  expect(() => losses.sum([])).toThrow("losses.sum: a sum needs at least one loss");
  for (const weight of [
    "1",
    Number.NaN,
    null,
    { from: 0, to: 1 },
    { from: 0, to: 1, epochs: [2, 1] },
    { from: 0, to: 1, epochs: [0, 1], steps: [0, 1] },
  ])
    expect(() => losses.sum([[weight as number, losses.l1()]])).toThrow(
      "losses.sum: a weight is a number, or {",
    );
  const session = await cpu().open();
  const { tf } = session.tensors;
  const bone = await losses.bone().open(session);
  const ssim = await losses.ssim().open(session, context);
  await session.run(() =>
    tf.tidy(() => {
      const x = tf.zeros([1, 12, 10, 1]);
      const targets = { ct: { values: x, weight: x } };
      expect(() => bone.value({ ct: x }, targets)).toThrow(
        'loss bone: it is not known how many HU the values of "ct" are; open the loss with { hu: { ct: { scale, offset } } }',
      );
      expect(() => ssim.value({ ct: x }, targets)).toThrow(
        "loss ssim: samples are 10 pixels long, its window 11",
      );
      expect(() => bone.value({ sct: x }, targets)).toThrow(
        'loss bone: there is no output "ct"; outputs are sct',
      );
    }),
  );
  session.close();
});
