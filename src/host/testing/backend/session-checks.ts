import { MidashError } from "../../../base/errors/index.ts";
import { Random } from "../../../base/random/index.ts";
import type { Backend, TensorSession } from "../../../networks/backends/index.ts";
import type { Tensor } from "../../../networks/models/index.ts";
import { type Check, hold } from "../checks.ts";
import type { OpLedger } from "./op-ledger.ts";
import { otherBits, runStack } from "./stack.ts";

/** What the checks of a backend work on. */
export interface BackendLab {
  readonly backend: Backend<TensorSession>;
  readonly session: TensorSession;
  readonly ledger: OpLedger;
  readonly signal?: AbortSignal;
}

/** Of sessions: their queue, their seeds, what they promise. */
export const SESSION_CHECKS = [
  {
    name: "session",
    async run({ backend, session }) {
      hold(
        session.backend === backend.name,
        "session.backend to be the backend's name",
        `"${session.backend}" and "${backend.name}"`,
        "use one name",
      );
      const { train, deterministic } = session.can;
      hold(
        [train, deterministic].every((can) => typeof can === "boolean"),
        "can.train and can.deterministic to be true or false",
        JSON.stringify(session.can),
        "say what this machine can do",
      );
      const other = await backend.open();
      other.close();
      other.close();
      const refused = await other
        .run(() => 1)
        .then(
          () => "no error",
          (error: unknown) => error,
        );
      hold(
        MidashError.is(refused),
        "run of a closed session to be refused",
        String(refused),
        "throw a MidashError",
      );
      hold((await session.run(() => 2)) === 2, "other sessions to go on", "another value", "close one alone");
      return `${session.backend}: ${JSON.stringify(session.can)}`;
    },
  },
  {
    name: "queue",
    needs: ["session"],
    async run({ session }) {
      const order: string[] = [];
      const slow = session.run(async () => {
        order.push("a");
        await new Promise((resume) => setTimeout(resume, 20));
        order.push("b");
      });
      const failing = session.run(() => {
        order.push("c");
        throw new Error("of the work");
      });
      const last = session.run(() => order.push("d"));
      const message = await failing.then(
        () => "no error",
        (error: Error) => error.message,
      );
      await Promise.all([slow, last]);
      hold(
        order.join("") === "abcd",
        "work to run one at a time, in the order of the calls, also after a failure",
        order.join(", "),
        "use openTfSession, or a queue of your own for the whole process",
      );
      hold(message === "of the work", "the error of the work to reach its caller", message, "pass it on");
      return "one at a time, in order";
    },
  },
  {
    name: "nested",
    needs: ["queue"],
    async run({ session }) {
      const nested = session.run(async () => {
        const inner = session.run(() => "ran").catch((error: unknown) => error);
        const late = new Promise((resume) => setTimeout(resume, 200, "waits for ever"));
        return Promise.race([inner, late]);
      });
      const outcome = await nested;
      hold(
        MidashError.is(outcome),
        "run inside run to be refused",
        String(outcome),
        "it would wait for itself: throw a MidashError",
      );
      return "run inside run is refused";
    },
  },
  {
    name: "transfer",
    needs: ["session"],
    async run({ session }) {
      const { tf } = session.tensors;
      const values = [0, 1, -1, 0.1, -3071.5, 65504, 1e-6, 3.4e38, 16777217];
      const data = Float32Array.from({ length: 4099 }, (_, i) => values[i % values.length]!);
      const read = await session.run(async () => {
        const tensor = tf.tensor1d(data);
        const back = (await tensor.data()) as Float32Array;
        tensor.dispose();
        return back;
      });
      const at = data.findIndex((v, i) => v !== read[i]);
      hold(
        at < 0,
        "float32 values to come back as they went in",
        `${read[at]} for ${data[at]}`,
        "keep 32 bits",
      );
      return `${data.length} values there and back`;
    },
  },
  {
    name: "deterministic",
    needs: ["transfer"],
    async run({ session }) {
      if (!session.can.deterministic) return { skipped: "can.deterministic is false" };
      const { tf } = session.tensors;
      const random = new Random("deterministic");
      const draw = (length: number) => Float32Array.from({ length }, () => random.uniform(-1, 1));
      const [image, filter] = [draw(2 * 32 * 32 * 8), draw(3 * 3 * 8 * 8)];
      // Sums long enough for their order to show.
      const once = () =>
        session.run(async () => {
          const tensors = tf.tidy(() => {
            const x = tf.tensor4d(image, [2, 32, 32, 8]);
            const y = tf.conv2d(x, tf.tensor4d(filter, [3, 3, 8, 8]), 1, "same");
            return [y, tf.sum(y), tf.mean(tf.square(y), [1, 2])] as Tensor[];
          });
          const read = await Promise.all(tensors.map(async (tensor) => (await tensor.data()).slice()));
          tf.dispose(tensors);
          return read;
        });
      const first = await once();
      for (let n = 0; n < 3; n++)
        for (const [i, values] of (await once()).entries()) {
          const at = values.findIndex((v, k) => !Object.is(v, first[i]![k]));
          hold(
            at < 0,
            "the same bits from the same inputs, as can.deterministic says",
            `${values[at]} and ${first[i]![at]}`,
            "set can.deterministic to false, or fix the order of sums",
          );
        }
      if (session.can.train) {
        const bits = otherBits(await runStack(session), await runStack(session));
        hold(
          bits === undefined,
          "the same bits from the same inputs, gradients too, as can.deterministic says",
          bits ?? "",
          "set can.deterministic to false, or fix the order of sums",
        );
      }
      return "repeated runs gave the same bits";
    },
  },
  {
    name: "seeded",
    needs: ["session"],
    async run({ session }) {
      const { tf } = session.tensors;
      const draw = (seed: number) => {
        session.seed(new Random(seed));
        return session.run(async () => {
          const ones = tf.ones([64]);
          const tensors = [
            tf.randomNormal([64]),
            tf.randomUniform([64]),
            tf.truncatedNormal([64]),
            tf.dropout(ones, 0.5),
          ];
          const read = await Promise.all(tensors.map(async (tensor) => String(await tensor.data())));
          tf.dispose([ones, ...tensors]);
          return read;
        });
      };
      const [first, again, other] = [await draw(1), await draw(1), await draw(2)];
      const todo = "let tf's random ops draw from session.seed, as openTfSession does";
      for (const [n, name] of ["randomNormal", "randomUniform", "truncatedNormal", "dropout"].entries()) {
        hold(first[n] === again[n], `${name} to give the same from the same seed`, "other values", todo);
        hold(first[n] !== other[n], `${name} to give other values from another seed`, "the same", todo);
      }
      return "random ops follow session.seed";
    },
  },
] as const satisfies readonly Check<BackendLab, string>[];
