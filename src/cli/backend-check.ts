import type { Backend, Capabilities, Session } from "../backends/index.ts";
import { convolutionOf } from "./graph-speed.ts";

/** What is timed: a layer of a small network, enough work to fill a CPU core, little enough for the slowest backend. */
export const SPEED_OF = "3×3 convolution, 1×64×64×32 to 32 channels, float32";
/** Two operations for each product of a value and a weight. */
const GFLOP = (2 * 64 * 64 * 32 * 9 * 32) / 1e9;
const RUNS = 9;
/** Milliseconds after which no further run is begun. */
const ENOUGH = 1500;

/** What became of a backend here. */
export type BackendCheck =
  | { readonly supported: false; readonly reason: string }
  | {
      readonly supported: true;
      readonly can: Capabilities;
      readonly gflops: number;
      readonly runs: number;
      /** Absent where no tfjs computes. */
      readonly tfjs?: string;
    };

/** Opens a backend and times it. Never throws: what goes wrong is the reason. */
export async function checkBackend(backend: Backend): Promise<BackendCheck> {
  let session: Session | undefined;
  try {
    const supported = await backend.supports();
    if (supported !== true) return { supported: false, reason: supported.reason };
    session = await backend.open();
    const times = await timesOf(session);
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
    const { can } = session;
    return {
      supported: true,
      can,
      gflops: GFLOP / (median / 1000),
      runs: times.length,
      ...(session.graphs ? {} : { tfjs: session.tf.version_core }),
    };
  } catch (error) {
    return { supported: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    session?.close();
  }
}

/** Milliseconds of each run after the first, which compiles and allocates. */
async function timesOf(session: Session): Promise<number[]> {
  const filled = (size: number) => Float32Array.from({ length: size }, (_, i) => (i % 7) - 3);
  if (session.graphs) return repeated(await convolutionOf(session, filled));
  const { tf } = session;
  return session.run(async () => {
    const x = tf.tensor4d(filled(64 * 64 * 32), [1, 64, 64, 32]);
    const kernel = tf.tensor4d(filled(9 * 32 * 32), [3, 3, 32, 32]);
    const once = async () => {
      const started = performance.now();
      const y = tf.conv2d(x, kernel, 1, "same");
      await y.data(); // on a GPU the work is done only now
      y.dispose();
      return performance.now() - started;
    };
    const times = await repeated(once);
    tf.dispose([x, kernel]);
    return times;
  });
}

async function repeated(once: () => Promise<number>): Promise<number[]> {
  const until = performance.now() + ENOUGH;
  await once();
  const times = [await once()];
  while (times.length < RUNS && performance.now() < until) times.push(await once());
  return times;
}
