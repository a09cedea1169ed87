/**
 * The two implementations of Layers against each other: each layer on tensors, whose numbers are checked against PyTorch, and as a graph in ONNX Runtime.
 * Bar: the largest difference is at most 1e-5 of the largest value.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_ONNXRUNTIME, withOnnxRuntime } from "../../../test/support/onnxruntime.ts";
import { Random } from "../../base/random/index.ts";
import { cpu, type GraphSession, onnx, type TensorSession } from "../backends/index.ts";
import {
  GraphBuilder,
  graphLayers,
  graphWeights,
  type Layers,
  type NamedArray,
  type NamedArrays,
  type Weights,
} from "./index.ts";

interface Case {
  readonly name: string;
  /** Channels last, as layers have them: the first is `x`. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  run<T>(layers: Layers<T>, inputs: Readonly<Record<string, T>>, weights: Weights<T>): T;
}

const ofSize = (...size: readonly number[]): readonly Case[] => {
  const dims = size.length as 2 | 3;
  const x = [2, ...size, 3];
  const side = (length: number) => Array<number>(dims).fill(length);
  return [
    ...([1, 2, 3, 4] as const).flatMap((taps) =>
      ([1, 2] as const).map(
        (stride): Case => ({
          name: `convolution of ${taps} a side, stride ${stride}`,
          inputs: { x },
          weights: { w: [...side(taps), 3, 5], b: [5] },
          run: (layers, { x }, { get }) => layers.convolution(x!, get("w"), { bias: get("b"), stride }),
        }),
      ),
    ),
    {
      name: "convolutionOfPair",
      inputs: { x, y: [2, ...size, 4] },
      weights: { w: [...side(3), 7, 5], b: [5] },
      run: (layers, { x, y }, { get }) => layers.convolutionOfPair(x!, y!, get("w"), { bias: get("b") }),
    },
    ...([0.01, 1] as const).map(
      (slope): Case => ({
        name: `normLeaky, slope ${slope}`,
        inputs: { x },
        weights: { gamma: [3], beta: [3] },
        run: (layers, { x }, { get }) => layers.normLeaky(x!, get("gamma"), get("beta"), { slope }),
      }),
    ),
    {
      name: "batchNormLeaky",
      inputs: { x },
      weights: { gamma: [3], beta: [3], mean: [3], variance: [3] },
      run: (layers, { x }, { get }) =>
        layers.batchNormLeaky(x!, {
          gamma: get("gamma"),
          beta: get("beta"),
          mean: get("mean"),
          variance: get("variance"),
        }),
    },
    ...(["leaky", "halve", "doubleNearest"] as const).map(
      (layer): Case => ({ name: layer, inputs: { x }, run: (layers, { x }) => layers[layer](x!) }),
    ),
    {
      name: "doubleTransposed",
      inputs: { x },
      weights: { w: [...side(2), 5, 3], b: [5] },
      run: (layers, { x }, { get }) => layers.doubleTransposed(x!, get("w"), get("b")),
    },
    ...(["linear", "sigmoid", "tanh", "softplus", "softmax"] as const).map(
      (kind): Case => ({ name: kind, inputs: { x }, run: (layers, { x }) => layers.activate(x!, kind) }),
    ),
    {
      name: "add, multiply, concat, split",
      inputs: { x, y: x },
      run(layers, { x, y }) {
        const sum = layers.add(layers.multiply(x!, y!), layers.multiply(layers.add(x!, 2), 0.5));
        const [first, second] = layers.split(layers.concat([sum, y!]), [1, 5]);
        return layers.concat([second!, first!]);
      },
    },
    {
      name: "features of times, over pixels",
      inputs: { x, time: [2] },
      weights: { w: [8, 3], b: [3] },
      run(layers, { x, time }, { get }) {
        const features = layers.dense(layers.waves(time!, 4), get("w"), get("b"));
        return layers.multiply(x!, layers.overPixels(features, dims));
      },
    },
  ];
};

const CASES: readonly Case[] = [
  ...ofSize(6, 8),
  { name: "doubleBilinear", inputs: { x: [2, 3, 5, 2] }, run: (layers, { x }) => layers.doubleBilinear(x!) },
  ...ofSize(4, 6, 2).map((each) => ({ ...each, name: `${each.name}, 3-D` })),
];

function draw(shapes: Case["weights"] = {}): NamedArrays {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]): [string, NamedArray] => {
      const random = Random.fork(0, name);
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal(0.1, 1));
      return [name, { data: name === "variance" ? data.map((v) => v * v + 0.1) : data, shape }];
    }),
  );
}

/** [N, ..., C] -> [N, C, ...], and back where `back`; a row stays as it is. */
function turned({ data, shape }: NamedArray, back = false): NamedArray {
  if (shape.length < 3) return { data: data.slice(), shape };
  const [n, channels] = [shape[0]!, back ? shape[1]! : shape.at(-1)!];
  const space = back ? shape.slice(2) : shape.slice(1, -1);
  const pixels = space.reduce((a, b) => a * b);
  const out = new Float32Array(data.length);
  for (let s = 0; s < n; s++)
    for (let p = 0; p < pixels; p++)
      for (let c = 0; c < channels; c++) {
        const [last, first] = [(s * pixels + p) * channels + c, (s * channels + c) * pixels + p];
        if (back) out[last] = data[first]!;
        else out[first] = data[last]!;
      }
  return { data: out, shape: back ? [n, ...space, channels] : [n, channels, ...space] };
}

describe.skipIf(NO_ONNXRUNTIME)(withOnnxRuntime("a graph computes what tensors do"), () => {
  let tensors: TensorSession;
  let graphs: GraphSession;
  beforeAll(async () => {
    [tensors, graphs] = [await cpu().open(), await onnx({ threads: 1 }).open()];
  });
  afterAll(() => {
    tensors.close();
    graphs.close();
  });

  async function onTensors({ run }: Case, inputs: NamedArrays, weights: NamedArrays): Promise<NamedArray> {
    const { tf, layers } = tensors.tensors;
    return tensors.run(async () => {
      const made = (arrays: NamedArrays) =>
        Object.fromEntries(
          Object.entries(arrays).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]),
        );
      const y = tf.tidy(() => {
        const known: Readonly<Record<string, Tensor>> = made(weights);
        return run(layers.inference, made(inputs), { get: (name) => known[name]! });
      });
      const data = (await y.data()) as Float32Array;
      y.dispose();
      return { data, shape: y.shape };
    });
  }

  async function inGraph({ run }: Case, inputs: NamedArrays, weights: NamedArrays): Promise<NamedArray> {
    const builder = new GraphBuilder("case");
    const given = Object.entries(inputs).map(([name, array]) => [name, turned(array)] as const);
    const values = given.map(([name, { shape }]) => [name, builder.input(name, shape)] as const);
    const y = run(graphLayers(builder), Object.fromEntries(values), graphWeights(weights));
    builder.output(
      "out",
      y,
      Array.from({ length: y.rank }, (_, axis) => `axis${axis}`),
    );
    const graph = await graphs.graphs.load(builder.build());
    const outputs = await graph.run(Object.fromEntries(given));
    graph.dispose();
    return turned(outputs.out!, true);
  }

  test.each(CASES.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    const [inputs, weights] = [draw(each.inputs), draw(each.weights)];
    const expected = await onTensors(each, inputs, weights);
    const found = await inGraph(each, inputs, weights);
    expect(found.shape).toEqual(expected.shape);
    const largest = Math.max(...expected.data.map(Math.abs));
    expect(largest).toBeGreaterThan(0.1);
    const worst = Math.max(...expected.data.map((v, i) => Math.abs(v - found.data[i]!)));
    expect(worst / largest).toBeLessThan(1e-5);
  });

  test("a weight that is missing, or is used in two layouts, is refused", () => {
    const builder = new GraphBuilder("wrong");
    const layers = graphLayers(builder);
    const { get } = graphWeights(draw({ w: [2, 2, 3, 4] }));
    expect(() => get("v")).toThrow('graph: the model has no weight "v"');
    const x = builder.input("x", [1, 3, 4, 4]);
    layers.convolution(x, get("w"));
    expect(() => layers.add(x, get("w"))).toThrow('graph: "w" is used in two layouts');
    expect(() => layers.convolution(x, x)).toThrow('graph: "x" is computed, and can\'t be a filter');
  });
});
