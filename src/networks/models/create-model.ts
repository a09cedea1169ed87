import { MidashError, throwIfAborted } from "../../base/errors/index.ts";
import type { LoadedGraph, Session } from "../backends/index.ts";
import type { NamedArrays } from "../layers/index.ts";
import type { Batch } from "./batch.ts";
import type { GraphNetwork } from "./graph-network.ts";
import type { CreateOptions, Model, ModelSpec } from "./model.ts";
import type { PredictOptions } from "./predict-options.ts";
import { assertSamples } from "./samples.ts";

/**
 * Brings a recipe to life in a session: by `spec.create`, or, where the session computes whole graphs, by `spec.graph`.
 *
 * @throws MidashError `unsupported` when the session computes graphs and the model can't be one; `invalid-argument` when it has no weights
 */
export async function createModel(spec: ModelSpec, session: Session, options: CreateOptions): Promise<Model> {
  if (!session.graphs) return spec.create(session, options);
  if (!spec.graph)
    throw new MidashError("unsupported", `the model "${spec.name}" can't be made an ONNX network`, {
      where: session.backend,
      hint: 'its recipe has no graph(); choose another backend, or "auto"',
    });
  if (!options.weights)
    throw new MidashError("invalid-argument", "has no weights, and here nothing can be learnt", {
      where: session.backend,
      hint: "train on another backend",
    });
  const network = await spec.graph(options.weights);
  return new GraphModel(spec, network, await session.graphs.load(network.graph), options.weights);
}

/** A model that is computed by an engine of graphs. */
class GraphModel implements Model {
  readonly #spec: ModelSpec;
  readonly #predict: GraphNetwork["predict"];
  readonly #graph: LoadedGraph;
  readonly #weights: NamedArrays;

  constructor(spec: ModelSpec, { predict }: GraphNetwork, graph: LoadedGraph, weights: NamedArrays) {
    this.#spec = spec;
    this.#predict = predict;
    this.#graph = graph;
    this.#weights = weights;
  }

  async predict(batch: Batch, options: PredictOptions): Promise<Batch> {
    assertSamples(batch, this.#spec.input, this.#spec.name);
    throwIfAborted(options.signal);
    return this.#predict((inputs) => this.#graph.run(inputs, { signal: options.signal }), batch, options);
  }

  async weights(): Promise<NamedArrays> {
    return this.#weights;
  }

  dispose(): void {
    this.#graph.dispose();
  }
}
