import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { TensorSession } from "../backends/index.ts";
import type { NamedArrays } from "../layers/index.ts";
import type { Batch, TrainBatch } from "./batch.ts";
import type { CreateOptions, NamedLosses, TrainableModel, TrainStep } from "./model.ts";
import type { Network } from "./network.ts";
import { Parameters } from "./parameters.ts";
import {
  assertSamples,
  disposeTargets,
  outputTensors,
  predictWith,
  targetTensors,
  tensorOf,
} from "./samples.ts";

/** A {@link Network} on tensors: learns by the run's loss. Made inside `session.run`. */
export class NetworkModel implements TrainableModel {
  readonly #session: TensorSession;
  readonly #network: Network;
  readonly #parameters: Parameters;

  constructor(session: TensorSession, network: Network, options: CreateOptions) {
    this.#session = session;
    this.#network = network;
    this.#parameters = Parameters.create(session, network.plan, options);
  }

  /** What an optimizer may change. */
  get variables(): Readonly<Record<string, Variable>> {
    return this.#parameters.trainable();
  }

  async predict(batch: Batch): Promise<Batch> {
    this.check(batch);
    const { inference } = this.#session.tensors.layers;
    return predictWith(this.#session, batch, (x) => this.#network.forward(inference, this.#parameters, x));
  }

  /** With gradients. Inside `session.run`. */
  forward(x: Tensor): Tensor {
    return this.#network.forward(this.#session.tensors.layers.training, this.#parameters, x);
  }

  async trainStep(batch: TrainBatch, step: TrainStep): Promise<NamedLosses> {
    const { tf } = this.#session.tensors;
    this.check(batch.input);
    return this.#session.run(async () => {
      const x = tensorOf(tf, batch.input);
      const targets = targetTensors(tf, batch.targets);
      try {
        const { loss } = await step.optimize("model", this.variables, () =>
          step.loss(outputTensors(tf, this.#network.outputs, this.forward(x)), targets),
        );
        return { loss };
      } finally {
        x.dispose();
        disposeTargets(tf, targets);
      }
    });
  }

  weights(): Promise<NamedArrays> {
    return this.#session.run(() => this.#parameters.read());
  }

  dispose(): void {
    this.#parameters.dispose();
  }

  /** @throws MidashError `invalid-argument` when the network can't take such samples */
  check(batch: Batch): void {
    assertSamples(batch, this.#network.input, this.#network.name);
  }
}
