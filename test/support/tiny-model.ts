import type { Tensor4D, Variable } from "@tensorflow/tfjs-core";
import { option } from "../../src/base/options/index.ts";
import type { Random } from "../../src/base/random/index.ts";
import type { TensorSession } from "../../src/networks/backends/index.ts";
import type { NamedArray, NamedArrays } from "../../src/networks/learning/index.ts";
import type { Batch, TrainBatch } from "../../src/networks/models/index.ts";
import {
  type CreateOptions,
  defineModel,
  type ModelSpec,
  type NamedLosses,
  type PredictOptions,
  type TrainableModel,
  type TrainStep,
} from "../../src/networks/models/index.ts";

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  "hidden.weight": [3, 3, 1, 4],
  "hidden.bias": [4],
  "output.weight": [1, 1, 4, 1],
  "output.bias": [1],
};

/** Two convolutions that keep the whole contract. Tests break one promise at a time by overriding a method. */
export class TinyModel implements TrainableModel {
  readonly session: TensorSession;
  readonly variables: Readonly<Record<string, Variable>>;

  constructor(session: TensorSession, { random, weights }: CreateOptions) {
    this.session = session;
    const start = weights ? this.checked(weights) : this.initial(random);
    const entries = Object.entries(start).map(([name, { data, shape }]) => {
      const make = () =>
        session.tensors.tf.variable(session.tensors.tf.tensor(data.slice(), [...shape], "float32"));
      return [name, session.tensors.tf.tidy(make)] as const;
    });
    this.variables = Object.fromEntries(entries);
  }

  initial(random: Random): NamedArrays {
    return Object.fromEntries(
      Object.entries(SHAPES).map(([name, shape]): [string, NamedArray] => {
        const length = shape.reduce((a, b) => a * b, 1);
        const draw = () => (name.endsWith("bias") ? 0.1 : random.normal(0, 0.4));
        return [name, { data: Float32Array.from({ length }, draw), shape }];
      }),
    );
  }

  checked(weights: NamedArrays): NamedArrays {
    if (String(Object.keys(weights).sort()) !== String(Object.keys(SHAPES).sort()))
      throw new Error("other weights");
    for (const [name, shape] of Object.entries(SHAPES))
      if (String(weights[name]!.shape) !== String(shape)) throw new Error(`another shape of ${name}`);
    return weights;
  }

  get(name: string): Tensor4D {
    return this.variables[name] as unknown as Tensor4D;
  }

  tensor({ data, shape }: Pick<Batch, "data" | "shape">): Tensor4D {
    return this.session.tensors.tf.tensor4d(data, shape as [number, number, number, number]);
  }

  /** [N, H, W, 1] -> [N, H, W, 1] */
  forward(x: Tensor4D): Tensor4D {
    const { tf } = this.session.tensors;
    const hidden = tf.leakyRelu(
      tf.add(tf.conv2d(x, this.get("hidden.weight"), 1, "same"), this.get("hidden.bias")),
    );
    const y = tf.conv2d(hidden as Tensor4D, this.get("output.weight"), 1, "same");
    return tf.add(y, this.get("output.bias"));
  }

  predict(batch: Batch, _options: PredictOptions): Promise<Batch> {
    return this.session.run(async () => {
      const y = this.session.tensors.tf.tidy(() => this.forward(this.tensor(batch)));
      const data = (await y.data()).slice() as Float32Array;
      y.dispose();
      return { data, shape: y.shape };
    });
  }

  trainStep({ input, targets }: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    return this.session.run(async () => {
      const target = targets.ct!;
      const [x, values] = [this.tensor(input), this.tensor(target)];
      const weight = this.tensor({ data: target.mask!, shape: target.shape });
      const { loss } = await step.optimize("model", this.variables, () =>
        step.loss({ ct: this.forward(x) }, { ct: { values, weight } }),
      );
      this.session.tensors.tf.dispose([x, values, weight]);
      return { loss };
    });
  }

  weights(): Promise<NamedArrays> {
    return this.session.run(async () => {
      const read = Object.entries(this.variables).map(
        async ([name, v]) =>
          [name, { data: (await v.data()).slice() as Float32Array, shape: v.shape }] as const,
      );
      return Object.fromEntries(await Promise.all(read));
    });
  }

  dispose(): void {
    this.session.tensors.tf.dispose(Object.values(this.variables));
  }
}

const OPTIONS = { steps: option.integer({ default: 1, min: 1, about: "nothing; 1 is as good as any" }) };

/** A factory of {@link TinyModel}, or of one with a fault. */
export function tinyModel(
  Model: new (session: TensorSession, options: CreateOptions) => TinyModel = TinyModel,
  changes: Partial<ModelSpec> & { readonly options?: typeof OPTIONS } = {},
) {
  const { options = OPTIONS, ...spec } = changes;
  return defineModel({
    name: "tiny",
    about: "two convolutions",
    options,
    spec: () => ({
      input: { channels: 1, dims: 2, multipleOf: 1 },
      outputs: [{ kind: "ct", name: "ct" }],
      create: (session: TensorSession, given: CreateOptions) => session.run(() => new Model(session, given)),
      ...spec,
    }),
  });
}
