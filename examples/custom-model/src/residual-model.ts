/** Residual blocks at full resolution (He et al. 2016). All that it needs comes from `@midash/core`. */
import type {
  Batch,
  CreateOptions,
  NamedArray,
  NamedArrays,
  NamedLosses,
  PairedBatch,
  Session,
  Tensor4D,
  TrainableModel,
  TrainStep,
  Variable,
} from "@midash/core";

/** Names and shapes of all weights. Filters are [h, w, in, out]. */
type Shapes = readonly (readonly [name: string, shape: readonly number[]])[];

export function shapesOf(inChannels: number, filters: number, blocks: number): Shapes {
  const convolution = (name: string, size: number, from: number, to: number): Shapes => [
    [`${name}.weight`, [size, size, from, to]],
    [`${name}.bias`, [to]],
  ];
  return [
    ...convolution("head", 3, inChannels, filters),
    ...Array.from({ length: 2 * blocks }, (_, n) =>
      convolution(`block.${n >> 1}.${n & 1}`, 3, filters, filters),
    ).flat(),
    ...convolution("tail", 1, filters, 1),
  ];
}

export class ResidualModel implements TrainableModel {
  readonly #session: Session;
  readonly #blocks: number;
  readonly #variables = new Map<string, Variable>();

  constructor(session: Session, shapes: Shapes, blocks: number, { random, weights }: CreateOptions) {
    const { tf } = session;
    this.#session = session;
    this.#blocks = blocks;
    if (weights) assertFit(shapes, weights);
    for (const [name, shape] of shapes) {
      const sd = name.endsWith("weight") ? Math.sqrt(2 / shape.slice(0, 3).reduce((a, b) => a * b)) : 0; // He et al. 2015
      // The second half of a block begins at 0, so that each block begins as the identity (Goyal et al. 2017).
      const draw = () => (name.endsWith(".1.weight") ? 0 : random.normal(0, sd));
      const length = shape.reduce((a, b) => a * b);
      const data = weights?.[name]?.data ?? Float32Array.from({ length }, draw);
      this.#variables.set(
        name,
        tf.tidy(() => tf.variable(tf.tensor(data, [...shape], "float32"))),
      );
    }
  }

  /** [N, H, W, inChannels] -> [N, H, W, 1] */
  #forward(x: Tensor4D): Tensor4D {
    const { tf } = this.#session;
    let h = tf.leakyRelu(this.#convolve(x, "head")); // [N, H, W, filters], as are all until the tail
    for (let b = 0; b < this.#blocks; b++) {
      const inner = tf.leakyRelu(this.#convolve(h, `block.${b}.0`));
      h = tf.add(h, this.#convolve(inner, `block.${b}.1`));
    }
    return this.#convolve(h, "tail"); // [N, H, W, 1]
  }

  #convolve(x: Tensor4D, name: string): Tensor4D {
    const { tf } = this.#session;
    const [filter, bias] = [this.#variables.get(`${name}.weight`), this.#variables.get(`${name}.bias`)];
    return tf.add(tf.conv2d(x, filter as unknown as Tensor4D, 1, "same"), bias as Variable);
  }

  #tensor(data: Float32Array, shape: readonly number[]): Tensor4D {
    return this.#session.tf.tensor4d(data, shape as [number, number, number, number]);
  }

  predict(batch: Batch): Promise<Batch> {
    return this.#session.run(async () => {
      const y = this.#session.tf.tidy(() => this.#forward(this.#tensor(batch.data, batch.shape)));
      const data = (await y.data()) as Float32Array;
      y.dispose();
      return { ...batch, data, shape: y.shape };
    });
  }

  /** `target.mask` is the weight of each pixel in the loss: [N, H, W, 1] */
  trainStep({ input, target }: PairedBatch, step: TrainStep): Promise<NamedLosses> {
    return this.#session.run(async () => {
      const [x, y] = [this.#tensor(input.data, input.shape), this.#tensor(target.data, target.shape)];
      const mask = target.mask && this.#tensor(target.mask, [...target.shape.slice(0, 3), 1]);
      const variables = Object.fromEntries(this.#variables);
      const loss = await step
        .optimize("model", variables, () => step.loss(this.#forward(x), y, mask))
        .finally(() => this.#session.tf.dispose(mask ? [x, y, mask] : [x, y]));
      return { loss };
    });
  }

  weights(): Promise<NamedArrays> {
    return this.#session.run(async () => {
      const arrays: Record<string, NamedArray> = {};
      for (const [name, variable] of this.#variables)
        arrays[name] = { data: (await variable.data()) as Float32Array, shape: variable.shape };
      return arrays;
    });
  }

  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
  }
}

/** Weights of another config must not be taken in silence. */
function assertFit(shapes: Shapes, weights: NamedArrays): void {
  const fits = shapes.every(([name, shape]) => String(weights[name]?.shape) === String(shape));
  if (!fits || Object.keys(weights).length !== shapes.length)
    throw new Error("residual: these weights belong to another config; use the one they were trained with");
}
