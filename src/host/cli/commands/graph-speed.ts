import type { Session } from "../../../networks/backends/index.ts";
import { OnnxGraph } from "../../../networks/models/index.ts";

/** The convolution that backends are timed by, for one that computes graphs: what runs it once and gives the milliseconds. */
export async function convolutionOf(
  { graphs }: Pick<Session, "graphs">,
  filled: (size: number) => Float32Array,
): Promise<() => Promise<number>> {
  const graph = new OnnxGraph("speed", { w: { data: filled(9 * 32 * 32), shape: [3, 3, 32, 32] } });
  const shape = [1, 32, 64, 64];
  graph.output("y", graph.convolution(graph.input("x", shape), "w"), shape);
  const loaded = await graphs!.load(await graph.encode());
  return async () => {
    const x = { data: filled(64 * 64 * 32), shape };
    const started = performance.now();
    await loaded.run({ x });
    return performance.now() - started;
  };
}
