import { MidashError } from "../../../base/errors/index.ts";
import type { Backend, Capabilities, Session } from "../../../networks/backends/index.ts";
import { type BackendReport, testBackend } from "../../testing/index.ts";
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
      readonly conformance: Conformance | { readonly skipped: string };
      /** Whether it may be trained on: it says that it can, and what it computes has passed. */
      readonly trains: boolean;
      /** Where it may not: why. */
      readonly whyNot?: string;
    };

/** What `testBackend` found. */
export interface Conformance {
  /** Ops of the built-in networks, those whose every value and gradient agrees with float64, and how many numbers that was. */
  readonly ops: { readonly passed: number; readonly of: number; readonly compared: number };
  /** Largest difference, as a share of the largest value of what was compared; null where an op failed altogether. */
  readonly worst: number | null;
  readonly worstAt: string;
  readonly allowed: number;
  /** Checks that failed, each with what was expected and found. */
  readonly failed: readonly { readonly check: string; readonly detail: string }[];
  readonly seconds: number;
}

/**
 * Opens a backend, times it, and runs the conformance suite on it. Never throws but when aborted: what goes wrong is the reason.
 *
 * @param make may throw, too
 */
export async function checkBackend(
  make: () => Backend,
  options: { readonly conformance: boolean; readonly signal?: AbortSignal },
): Promise<BackendCheck> {
  let session: Session | undefined;
  try {
    const backend = make();
    const supported = await backend.supports();
    if (supported !== true) return { supported: false, reason: supported.reason };
    session = await backend.open();
    const { can } = session;
    const speed = await speedOf(session);
    const conformance = !options.conformance
      ? { skipped: "--quick" }
      : session.graphs
        ? { skipped: "it computes whole networks and has no tensors" }
        : await conformanceOf(backend, options.signal);
    const whyNot = whyNotTrained(can, conformance);
    return { supported: true, can, ...speed, conformance, trains: whyNot === undefined, whyNot };
  } catch (error) {
    if (MidashError.is(error) && error.kind === "aborted") throw error;
    return { supported: false, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    session?.close();
  }
}

function whyNotTrained(
  can: Capabilities,
  conformance: Conformance | { readonly skipped: string },
): string | undefined {
  if (!can.train) return can.whyNotTrain ?? "it has no gradients";
  if ("skipped" in conformance || conformance.failed.length === 0) return undefined;
  return `it fails ${conformance.failed.map(({ check }) => check).join(", ")}`;
}

async function conformanceOf(backend: Backend, signal: AbortSignal | undefined): Promise<Conformance> {
  const started = performance.now();
  const report = await testBackend(backend, { signal }).catch((error: unknown) => {
    const cause = MidashError.is(error) ? (error.cause as BackendReport | undefined) : undefined;
    if (!cause?.ops) throw error;
    return cause;
  });
  const { ops, checks } = report;
  const worst = ops.reduce((a, b) => (b.worst > a.worst ? b : a));
  return {
    ops: {
      passed: ops.filter(({ passed, compared }) => passed === compared).length,
      of: ops.length,
      compared: ops.reduce((sum, { compared }) => sum + compared, 0),
    },
    worst: Number.isFinite(worst.worst) ? worst.worst : null,
    worstAt: worst.where,
    allowed: 1e-4,
    failed: checks.flatMap(({ name, passed, skipped, detail }) =>
      passed || skipped ? [] : [{ check: name, detail }],
    ),
    seconds: (performance.now() - started) / 1000,
  };
}

async function speedOf(session: Session) {
  const times = await timesOf(session);
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  return {
    gflops: GFLOP / (median / 1000),
    runs: times.length,
    ...(session.tensors ? { tfjs: session.tensors.tf.version_core } : {}),
  };
}

/** Milliseconds of each run after the first, which compiles and allocates. */
async function timesOf(session: Session): Promise<number[]> {
  const filled = (size: number) => Float32Array.from({ length: size }, (_, i) => (i % 7) - 3);
  if (session.graphs) return repeated(await convolutionOf(session, filled));
  const { tf } = session.tensors;
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
