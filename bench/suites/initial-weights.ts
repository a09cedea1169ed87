import { Random } from "../../src/base/random/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import type { NamedArrays } from "../../src/networks/learning/index.ts";
import type { ModelSpec } from "../../src/networks/models/index.ts";

/** A model's untrained weights, the same in each call. What they are does not change how long a network takes. */
export async function initialWeights(spec: ModelSpec): Promise<NamedArrays> {
  const session = await wasm().open();
  const model = await spec.create(session, { random: new Random(1) });
  const weights = await model.weights();
  model.dispose();
  session.close();
  return weights;
}
