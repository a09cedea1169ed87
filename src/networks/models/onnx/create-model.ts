import { assert, MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import type { Graph, GraphEngine, GraphTensors, Session } from "../../backends/index.ts";
import type { NamedArrays } from "../../learning/index.ts";
import type { Batch } from "../batch.ts";
import type { CreateOptions, Model, ModelSpec, SampleSpec } from "../model.ts";
import type { PredictOptions } from "../predict-options.ts";
import type { OnnxNetwork } from "./network.ts";

/**
 * Brings a recipe to life in a session: by `spec.create`, or, where the session computes whole graphs, by `spec.onnx`.
 *
 * @throws MidashError `unsupported` when the session computes graphs and the model has none; `invalid-argument` when it has no weights
 */
export async function createModel(spec: ModelSpec, session: Session, options: CreateOptions): Promise<Model> {
  if (!session.graphs) return spec.create(session, options);
  if (!spec.onnx)
    throw new MidashError("unsupported", `the model "${spec.name}" can't be made an ONNX network`, {
      where: session.backend,
      hint: 'its recipe has no onnx(); choose another backend, or "auto"',
    });
  if (!options.weights)
    throw new MidashError("invalid-argument", "has no weights, and here nothing can be learnt", {
      where: session.backend,
      hint: "train on another backend",
    });
  const network = await spec.onnx(options.weights);
  return GraphModel.load(session.graphs, network, spec, options.weights);
}

/** A model that is computed by an engine of graphs. */
class GraphModel implements Model {
  readonly #network: OnnxNetwork;
  readonly #graph: Graph;
  readonly #spec: ModelSpec;
  readonly #weights: NamedArrays;

  static async load(engine: GraphEngine, network: OnnxNetwork, spec: ModelSpec, weights: NamedArrays) {
    return new GraphModel(network, await engine.load(await network.encode()), spec, weights);
  }

  private constructor(network: OnnxNetwork, graph: Graph, spec: ModelSpec, weights: NamedArrays) {
    this.#network = network;
    this.#graph = graph;
    this.#spec = spec;
    this.#weights = weights;
  }

  async predict(batch: Batch, options: PredictOptions): Promise<Batch> {
    assertTaken(batch.shape, this.#spec.input, this.#spec.name);
    throwIfAborted(options.signal);
    const pass = (inputs: GraphTensors) => this.#graph.run(inputs, { signal: options.signal });
    return this.#network.predict(pass, batch, options);
  }

  async weights(): Promise<NamedArrays> {
    return this.#weights;
  }

  dispose(): void {
    this.#graph.dispose();
  }
}

/** @throws MidashError `invalid-argument` for samples of another kind or size */
function assertTaken(shape: readonly number[], taken: SampleSpec, where: string): void {
  const { dims, channels, multipleOf } = taken;
  const axes = dims === 3 ? "D, H, W" : "H, W";
  const space = shape.slice(1, -1);
  assert(
    space.length === dims && shape.at(-1) === channels,
    `expected samples [N, ${axes}, ${channels}], got [${shape.join(", ")}]`,
    { where },
  );
  assert(
    space.every((size) => size % multipleOf === 0),
    `${space.join("×")} samples are no multiples of ${multipleOf}`,
    { where, hint: `choose a slicer size in multiples of ${multipleOf}` },
  );
}
