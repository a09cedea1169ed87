import type { Session } from "../../backends/index.ts";
import { losses, type Scalar, type Variable } from "../../models/index.ts";
import { Random } from "../../random/index.ts";
import { Optimizers } from "../../training/index.ts";
import { type Check, hold, type NotApplicable } from "../checks.ts";
import { distance } from "../compare.ts";
import { BAR } from "./op-ledger.ts";
import type { BackendLab } from "./session-checks.ts";

/** Sizes of the variables: single values, vectors and what is left over behind them. */
const SHAPES = [[1], [13], [3, 3, 4, 8], [3, 3, 3, 2, 5]] as const;
const STEPS = 4;
const ADAM = { learningRate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

const CANT_TRAIN: NotApplicable = { skipped: "can.train is false" };

/** Of the optimizer that training uses, on this backend's ops or kernels. */
export const OPTIMIZER_CHECKS = [
  {
    name: "optimizer",
    needs: ["transfer"],
    async run({ session, ledger }) {
      if (!session.can.train) return CANT_TRAIN;
      let worst = 0;
      // The second: gradients scaled down to a joint norm.
      for (const clipNorm of [Number.POSITIVE_INFINITY, 3]) {
        const { found, expected } = await stepsOf(session, clipNorm);
        for (const [i, values] of expected.entries()) {
          const d = distance(found[i]!, values);
          ledger.add("adam", `clipNorm ${clipNorm}: variable [${SHAPES[i]!.join(", ")}]`, d);
          worst = Math.max(worst, d);
        }
      }
      hold(
        worst <= BAR,
        `Adam to move variables as in float64, up to ${BAR} of the largest value`,
        `a difference of ${worst.toPrecision(2)}`,
        `mend the kernels of ${session.backend}, or register others`,
      );
      return `${STEPS} steps of Adam, clipped and not: at most ${worst.toPrecision(2)} of the largest value`;
    },
  },
] as const satisfies readonly Check<BackendLab, string>[];

/** Variables after some steps with drawn gradients: the library's, and by the formulas (Kingma and Ba 2015, algorithm 1). */
async function stepsOf(session: Session, clipNorm: number) {
  const { tf } = session;
  const random = new Random("optimizer");
  const lengths = SHAPES.map((shape) => shape.reduce<number>((a, b) => a * b, 1));
  const draw = () => lengths.map((length) => Float32Array.from({ length }, () => random.normal()));
  const starts = draw();
  const expected = starts.map((values) => Float64Array.from(values));
  const [first, second] = [0, 1].map(() => lengths.map((length) => new Float64Array(length))) as [
    Float64Array[],
    Float64Array[],
  ];
  const optimizers = new Optimizers(session, { ...ADAM, ...(Number.isFinite(clipNorm) ? { clipNorm } : {}) });
  const variables: Record<string, Variable> = await session.run(() =>
    Object.fromEntries(
      starts.map((values, i) => {
        const tensor = tf.tensor(values, [...SHAPES[i]!]);
        const variable = tf.variable(tensor);
        tensor.dispose();
        return [`v${i}`, variable];
      }),
    ),
  );
  try {
    for (let t = 1; t <= STEPS; t++) {
      const gradients = draw();
      await session.run(async () => {
        const given = gradients.map((values, i) => tf.tensor(values, [...SHAPES[i]!]));
        const step = optimizers.step({ index: t - 1, epoch: 0, rate: 1, seed: 0 }, losses.l1);
        await step.optimize("adam", variables, () =>
          given
            .map((g, i) => tf.sum(tf.mul(variables[`v${i}`]!, g)) as Scalar)
            .reduce((a, b) => tf.add(a, b)),
        );
        tf.dispose(given);
      });
      const norm = Math.sqrt(gradients.flatMap((g) => [...g]).reduce((sum, g) => sum + g * g, 0));
      const scale = norm > clipNorm ? clipNorm / norm : 1;
      for (const [i, values] of expected.entries())
        for (let k = 0; k < values.length; k++) {
          const g = scale * gradients[i]![k]!;
          const m = ADAM.beta1 * first[i]![k]! + (1 - ADAM.beta1) * g;
          const v = ADAM.beta2 * second[i]![k]! + (1 - ADAM.beta2) * g * g;
          first[i]![k] = m;
          second[i]![k] = v;
          const corrected = [m / (1 - ADAM.beta1 ** t), v / (1 - ADAM.beta2 ** t)] as const;
          values[k]! -= (ADAM.learningRate * corrected[0]) / (Math.sqrt(corrected[1]) + ADAM.epsilon);
        }
    }
    const found = await session.run(() =>
      Promise.all(Object.values(variables).map(async (v) => (await v.data()).slice() as Float32Array)),
    );
    return { found, expected };
  } finally {
    optimizers.dispose();
    await session.run(() => tf.dispose(Object.values(variables)));
  }
}
