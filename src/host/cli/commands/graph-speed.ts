import type { GraphSession } from "../../../networks/backends/index.ts";
import { GraphBuilder, graphLayers, graphWeights } from "../../../networks/layers/index.ts";

/** The convolution that backends are timed by, for one that computes graphs: what runs it once and gives the milliseconds. */
export async function convolutionOf(
  { graphs }: Pick<GraphSession, "graphs">,
  filled: (size: number) => Float32Array,
): Promise<() => Promise<number>> {
  const builder = new GraphBuilder("speed");
  const weights = graphWeights({ w: { data: filled(9 * 32 * 32), shape: [3, 3, 32, 32] } });
  const shape = [1, 32, 64, 64];
  const y = graphLayers(builder).convolution(builder.input("x", shape), weights.get("w"));
  builder.output("y", y, shape);
  const loaded = await graphs.load(builder.build());
  return async () => {
    const x = { data: filled(64 * 64 * 32), shape };
    const started = performance.now();
    await loaded.run({ x });
    return performance.now() - started;
  };
}
