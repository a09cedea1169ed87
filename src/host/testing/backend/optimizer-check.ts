import { Random } from "../../../base/random/index.ts";
import type { TensorSession } from "../../../networks/backends/index.ts";
import { optimizers, RunOptimizers } from "../../../networks/learning/index.ts";
import type { Scalar } from "../../../networks/models/index.ts";
import { type Check, hold } from "../checks.ts";
import { distance } from "../compare.ts";
import { BAR } from "./op-ledger.ts";
import type { BackendLab } from "./session-checks.ts";

const STEPS = 3;
const RATE = 0.1;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];
/** Longer than what a fast kernel hands to one thread, and odd. */
const SIZES = [15, 40003];

/** Of the optimizer: three steps of Adam, with gradients clipped and not, against the paper's formulas in float64. */
export const OPTIMIZER_CHECK = {
  name: "optimizer",
  needs: ["gradients"],
  async run({ session, ledger }) {
    if (!session.can.train) return { skipped: "can.train is false" };
    let worst = 0;
    for (const clipNorm of [undefined, 20]) {
      const random = new Random("adam");
      const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
      const starts = SIZES.map(draw);
      const targets = SIZES.map(draw);
      const found = await descend(session, starts, targets, clipNorm);
      const wanted = exactly(starts, targets, clipNorm);
      for (const [i, values] of found.entries()) {
        const d = distance(values, [...wanted[i]!]);
        ledger.add("adam", `${SIZES[i]} values${clipNorm ? ", clipped" : ""}`, d);
        worst = Math.max(worst, d);
      }
    }
    hold(
      worst <= BAR,
      `Adam's steps to differ from float64 by at most ${BAR} of the largest weight`,
      worst.toPrecision(2),
      `mend the kernels of ${session.backend}, or leave out that for Adam`,
    );
    return `${STEPS} steps of Adam: at most ${worst.toPrecision(2)} of the largest weight from float64`;
  },
} as const satisfies Check<BackendLab, string>;

/** Weights after {@link STEPS} steps down ½·Σ(w - target)². */
async function descend(
  session: TensorSession,
  starts: readonly Float32Array[],
  targets: readonly Float32Array[],
  clipNorm: number | undefined,
): Promise<Float32Array[]> {
  const { tf } = session.tensors;
  const running = new RunOptimizers(session, optimizers.adam({ learningRate: RATE, clipNorm }));
  const found = await session.run(async () => {
    const variables = starts.map((start) => {
      const value = tf.tensor1d(start);
      const variable = tf.variable(value);
      value.dispose();
      return variable;
    });
    const goals = targets.map((target) => tf.tensor1d(target));
    for (let step = 0; step < STEPS; step++) {
      const named = Object.fromEntries(variables.map((v, i) => [String(i), v]));
      const halfSquares = () =>
        tf.tidy((): Scalar => {
          const sums = variables.map((v, i) => tf.sum(tf.square(tf.sub(v, goals[i]!))));
          return tf.mul(tf.addN(sums), 0.5);
        });
      await running.optimize("adam", named, halfSquares);
    }
    const read = await Promise.all(variables.map(async (v) => ((await v.data()) as Float32Array).slice()));
    tf.dispose([variables, goals]);
    return read;
  });
  running.dispose();
  return found;
}

/** The same by Kingma and Ba 2015, algorithm 1, in float64. */
function exactly(
  starts: readonly Float32Array[],
  targets: readonly Float32Array[],
  clipNorm = Number.POSITIVE_INFINITY,
): Float64Array[] {
  const weights = starts.map((start) => Float64Array.from(start));
  const [first, second] = [0, 1].map(() => starts.map((start) => new Float64Array(start.length)));
  for (let t = 1; t <= STEPS; t++) {
    const gradients = weights.map((w, i) => w.map((v, k) => v - targets[i]![k]!));
    const norm = Math.sqrt(gradients.reduce((sum, g) => g.reduce((s, v) => s + v * v, sum), 0));
    const scale = Math.min(1, clipNorm / norm);
    for (const [i, gradient] of gradients.entries())
      for (const [k, raw] of gradient.entries()) {
        const g = raw * scale;
        const m = BETA1 * first![i]![k]! + (1 - BETA1) * g;
        const v = BETA2 * second![i]![k]! + (1 - BETA2) * g * g;
        first![i]![k] = m;
        second![i]![k] = v;
        weights[i]![k]! -= (RATE * (m / (1 - BETA1 ** t))) / (Math.sqrt(v / (1 - BETA2 ** t)) + EPSILON);
      }
  }
  return weights;
}
