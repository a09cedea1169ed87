import { throwIfAborted } from "../../../base/errors/index.ts";
import type { TensorSession } from "../../../networks/backends/index.ts";
import type { Tensor } from "../../../networks/models/index.ts";
import { type Check, hold, type NotApplicable } from "../checks.ts";
import { distance } from "../compare.ts";
import { BAR } from "./op-ledger.ts";
import { compute, type Numbers, type OpCase, opCases } from "./ops.ts";
import type { BackendLab } from "./session-checks.ts";
import { shapeCases } from "./shapes.ts";
import { otherBits, runStack } from "./stack.ts";

/** Of numbers: every op against the references. */
export const NUMBER_CHECKS = [
  {
    name: "values",
    needs: ["transfer"],
    async run(lab) {
      const { session } = lab;
      return worstOf(lab, opCases(), async (opCase) => {
        const { value } = await session.run(() => evaluate(session, opCase, false));
        return { value: distanceFrom(value, opCase.value) };
      });
    },
  },
  {
    name: "gradients",
    needs: ["transfer"], // not values: the report is to tell of every op
    async run(lab) {
      const { session } = lab;
      if (!session.can.train) return CANT_TRAIN;
      return worstOf(lab, opCases(), async (opCase) => {
        const { gradients } = await session.run(() => evaluate(session, opCase, true));
        return gradientDistances(opCase, gradients);
      });
    },
  },
  {
    name: "shapes",
    needs: ["transfer"],
    async run(lab) {
      const { session } = lab;
      const { train } = session.can;
      return worstOf(lab, shapeCases(), async (opCase) => {
        const { value, gradients } = await session.run(() => evaluate(session, opCase, train));
        return {
          value: distanceFrom(value, opCase.value),
          ...(train ? gradientDistances(opCase, gradients) : {}),
        };
      });
    },
  },
  {
    name: "threads",
    needs: ["deterministic"],
    async run({ backend, session }) {
      if (!backend.withThreads) return { skipped: "the backend has no withThreads" };
      if (!session.can.deterministic) return { skipped: "can.deterministic is false" };
      const runs: (readonly Float32Array[])[] = [];
      for (const threads of [1, 2]) {
        const other = await backend.withThreads(threads).open();
        try {
          runs.push(await runStack(other));
        } finally {
          other.close();
        }
      }
      const bits = otherBits(runs[0]!, runs[1]!);
      hold(
        bits === undefined,
        "the same bits on one thread and on two",
        bits ?? "",
        "let each sum be one thread's own, in an order that does not depend on their number",
      );
      return "the same bits on one thread and on two";
    },
  },
  {
    name: "tensorLeaks",
    needs: ["gradients"],
    async run({ session }) {
      const cases = opCases();
      const { train } = session.can;
      const all = async () => {
        for (const opCase of cases) await session.run(() => evaluate(session, opCase, train));
        if (train) await runStack(session);
      };
      const count = () =>
        session.run(() => {
          const { numTensors, numDataBuffers } = session.tensors.tf.memory();
          return { numTensors, numDataBuffers };
        });
      await all();
      const before = await count();
      await all();
      const after = await count();
      for (const key of ["numTensors", "numDataBuffers"] as const)
        hold(
          after[key] === before[key],
          `${key} to stay at ${before[key]} when all ops run again`,
          String(after[key]),
          "dispose what kernels make, and leave what they are given",
        );
      return `${cases.length} ops leave nothing behind`;
    },
  },
] as const satisfies readonly Check<BackendLab, string>[];

const CANT_TRAIN: NotApplicable = { skipped: "can.train is false" };

/** Value and, if asked for, gradients of one case. Inside `session.run`; leaves no tensors. */
async function evaluate(session: TensorSession, opCase: OpCase, gradients: boolean) {
  const { tf } = session.tensors;
  const tensorOf = ({ data, shape }: Numbers) => tf.tensor(Float32Array.from(data), [...shape], "float32");
  const all = Object.entries(opCase.inputs).map(([name, numbers]) => [name, tensorOf(numbers)] as const);
  const wanted = all.filter(([name]) => name in opCase.gradients);
  const f = (...tensors: Tensor[]) => {
    const given = wanted.map(([name], i) => [name, tensors[i]!] as const);
    return compute(session.tensors, opCase, { ...Object.fromEntries(all), ...Object.fromEntries(given) });
  };
  const xs = wanted.map(([, tensor]) => tensor);
  const dy = tensorOf(opCase.dy);
  const y = tf.tidy(() => f(...xs));
  const made = gradients && wanted.length > 0 ? tf.tidy(() => tf.grads(f)(xs, dy)) : [];
  const read = async (tensor: Tensor) => ({ data: await tensor.data(), shape: tensor.shape });
  const value = await read(y);
  const entries = await Promise.all(
    wanted.slice(0, made.length).map(async ([name], i) => [name, await read(made[i]!)] as const),
  );
  tf.dispose([...all.map(([, tensor]) => tensor), dy, y, ...made]);
  return { value, gradients: Object.fromEntries(entries) };
}

type Read = Awaited<ReturnType<typeof evaluate>>["value"];

function distanceFrom(actual: Read, expected: Numbers): number {
  if (String(actual.shape) !== String(expected.shape)) return Number.POSITIVE_INFINITY;
  return distance(actual.data, expected.data);
}

function gradientDistances(
  { gradients: expected }: OpCase,
  found: Readonly<Record<string, Read>>,
): Record<string, number> {
  const names = Object.keys(expected);
  return Object.fromEntries(names.map((name) => [name, distanceFrom(found[name]!, expected[name]!)]));
}

/** Holds every distance of every case to the bar, telling the cases that exceed it. All of them go into the lab's ledger. */
async function worstOf(
  { session, ledger, signal }: BackendLab,
  cases: Iterable<OpCase>,
  measure: (opCase: OpCase) => Promise<Readonly<Record<string, number>>>,
): Promise<string> {
  const wrong: string[] = [];
  let worst = 0;
  let count = 0;
  for (const opCase of cases) {
    throwIfAborted(signal);
    const distances = await measure(opCase).catch((error: Error) => ({ [error.message]: Number.NaN }));
    for (const [of, d] of Object.entries(distances)) {
      count++;
      worst = Math.max(worst, d);
      ledger.add(opCase.op, `${opCase.name}: ${of}`, d);
      if (!(d <= BAR))
        wrong.push(`${opCase.name} (${of}: ${Number.isNaN(d) ? "an error" : d.toPrecision(2)})`);
    }
  }
  const more = wrong.length > SHOWN ? ` and ${wrong.length - SHOWN} more` : "";
  hold(
    wrong.length === 0,
    `differences from float64 of at most ${BAR} of the largest value`,
    `more for ${wrong.slice(0, SHOWN).join(", ")}${more}`,
    `mend the kernels of ${session.backend}, or register others`,
  );
  return `${count} compared with float64: at most ${worst.toPrecision(2)} of the largest value, allowed ${BAR}`;
}

/** Cases that an error names. */
const SHOWN = 12;
