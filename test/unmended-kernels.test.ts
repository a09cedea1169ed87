/**
 * Why src/backends/kernels mends tfjs: its own kernels, untouched, against the fixtures of gradients.test.ts. Should one
 * of these tests fail some day, tfjs has repaired that kernel and ours may go. Runs in a process of its own (vitest's
 * forks), where no session has replaced anything.
 */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers"; // registers gradients
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fixture from "./fixtures/gradients/gradients.json" with { type: "json" };

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const found: string[] = [];
afterAll(() => console.log(`tfjs ${tf.version_core} as shipped, ‖Δ‖∞/‖ref‖∞:\n${found.join("\n")}`));

async function distance(tensor: tf.Tensor, expected: Numbers): Promise<number> {
  const actual = await tensor.data();
  const largest = Math.max(...expected.data.map(Math.abs));
  return Math.max(...expected.data.map((v, i) => Math.abs(actual[i]! - v))) / largest;
}

/** ‖Δ‖∞/‖ref‖∞ of the value and of the gradient of x. */
async function distances(name: string, f: (x: tf.Tensor) => tf.Tensor) {
  const fixed = fixture.cases.find((c) => c.name === name)!;
  const tensor = (n: Numbers) => tf.tensor([...n.data], [...n.shape], "float32");
  const x = tensor(fixed.inputs.x as Numbers);
  const value = await distance(f(x), fixed.value);
  const gradient = await distance(tf.grad(f)(x, tensor(fixed.dy)), fixed.gradients.x as Numbers);
  found.push(
    `${tf.getBackend()}, ${name}: value ${value.toPrecision(2)}, gradient ${gradient.toPrecision(2)}`,
  );
  return { value, gradient };
}

const pool3d = (x: tf.Tensor) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, "valid");
const pool2d = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid");
const bilinear = (x: tf.Tensor) => tf.image.resizeBilinear(x as tf.Tensor4D, [6, 10], false, true);
const nearest = (x: tf.Tensor) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [6, 10]);

describe("wasm", () => {
  beforeAll(() => tf.setBackend("wasm"));

  test("a convolution has no gradient for its filter", () => {
    const x = tf.ones([1, 3, 3, 1]) as tf.Tensor4D;
    const loss = (w: tf.Tensor) => tf.conv2d(x, w as tf.Tensor4D, 1, "same");
    expect(() => tf.grad(loss)(tf.ones([3, 3, 1, 1]))).toThrow(/Conv2DBackpropFilter/);
  });

  test("max pooling of negative values is wrong: 3-D forward, 2-D and 3-D gradient", async () => {
    const three = await distances("maxPool3d 2x2x2 stride 2, all negative", pool3d);
    expect(three.value).toBeGreaterThan(0.5);
    expect(three.gradient).toBeGreaterThan(0.5);
    const two = await distances("halve, all negative", pool2d);
    expect(two.value).toBeLessThan(1e-6);
    expect(two.gradient).toBeGreaterThan(0.5);
  });

  test("the gradients of a 3-D convolution are wrong: the input's always, the filter's for strides above 1", async () => {
    const of = async (name: string, stride: number) => {
      const { inputs, dy, gradients } = fixture.cases.find((c) => c.name === name)!;
      const tensor = (n: Numbers) => tf.tensor([...n.data], [...n.shape], "float32");
      const f = (x: tf.Tensor, w: tf.Tensor) =>
        tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, stride, "same") as tf.Tensor;
      const xs = [tensor(inputs.x as Numbers), tensor(inputs.filter as Numbers)];
      const grads = tf.grads(f)(xs, tensor(dy));
      return [
        await distance(grads[0]!, gradients.x as Numbers),
        await distance(grads[1]!, gradients.filter as Numbers),
      ];
    };
    const [input, filter] = await of("conv3d 3x3x3 same", 1);
    expect(input! <= 0.1).toBe(false); // NaN at times: it reads memory that holds nothing
    expect(filter).toBeLessThan(1e-5);
    const [, far] = await of("conv3d 3x3x3 same stride 2, odd and even size", 2);
    expect(far! <= 0.1).toBe(false);
  });

  test("the gradient of bilinear doubling ignores half-pixel centres", async () => {
    const { value, gradient } = await distances("doubleBilinear", bilinear);
    expect(value).toBeLessThan(1e-6);
    expect(gradient).toBeGreaterThan(0.1);
  });
});

describe("cpu", () => {
  beforeAll(() => tf.setBackend("cpu"));

  test("the gradient of a nearest resize is wrong for a batch of two", async () => {
    const { value, gradient } = await distances("resizeNearest 3x5 to 6x10", nearest);
    expect(value).toBeLessThan(1e-6);
    expect(gradient).toBeGreaterThan(0.1);
  });

  test("the gradient of bilinear doubling swaps height and width", async () => {
    await expect(distances("doubleBilinear", bilinear)).rejects.toThrow(/ResizeBilinear.*shape '2,5,3,3'/);
  });
});
