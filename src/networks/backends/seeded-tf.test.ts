import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../base/random/index.ts";
import type { TensorSession } from "./backend.ts";
import { cpu } from "./cpu.ts";

describe("tf's own randomness", () => {
  let session: TensorSession;
  beforeAll(async () => {
    session = await cpu().open();
  });
  afterAll(() => session.close());

  /** What every random op gives, one after the other. */
  const draw = () =>
    session.run(async () => {
      const { tf } = session.tensors;
      const ones = tf.ones([4, 8]);
      const tensors = [
        tf.dropout(ones, 0.5),
        tf.multinomial(tf.ones([2, 16]) as never, 6),
        tf.randomGamma([6], 2),
        tf.randomNormal([6]),
        tf.randomStandardNormal([6]),
        tf.randomUniform([6]),
        tf.randomUniformInt([6], 0, 1000),
        tf.truncatedNormal([6]),
      ];
      const values = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
      tf.dispose([ones, ...tensors]);
      return values;
    });

  test("comes from the session's seed, op by op and draw by draw", async () => {
    session.seed(new Random(3));
    const [first, second] = [await draw(), await draw()];
    session.seed(new Random(3));
    expect(await draw()).toEqual(first);
    expect(await draw()).toEqual(second);
    for (const [n, values] of first.entries()) expect(values).not.toEqual(second[n]);
    session.seed(new Random(4));
    for (const [n, values] of (await draw()).entries()) expect(values).not.toEqual(first[n]);
  });

  test("a seed that the caller gives wins", async () => {
    const { tf } = session.tensors;
    const uniform = () =>
      session.run(async () => [...(await tf.randomUniform([4], 0, 1, "float32", 9).data())]);
    session.seed(new Random(1));
    const first = await uniform();
    session.seed(new Random(2));
    expect(await uniform()).toEqual(first);
  });
});

describe("run inside run", () => {
  test("is refused instead of waiting for itself, also after an await", async () => {
    const session = await cpu().open();
    const nested = session.run(async () => {
      await new Promise((resume) => setTimeout(resume, 1));
      return session.run(() => 1);
    });
    await expect(nested).rejects.toThrow("session.run: called inside the work of another run");
    await expect(session.run(() => 2)).resolves.toBe(2); // the queue goes on
    session.close();
  });

  test("work started by a run that has ended is none", async () => {
    const session = await cpu().open();
    const later: Promise<number>[] = [];
    await session.run(() => {
      later.push(new Promise((resume) => setTimeout(() => resume(session.run(() => 3)), 20)));
    });
    expect(await later[0]).toBe(3);
    session.close();
  });

  test("another session's run counts: the engine is one", async () => {
    const [a, b] = [await cpu().open(), await cpu().open()];
    await expect(a.run(() => b.run(() => 1))).rejects.toThrow("session.run");
    a.close();
    b.close();
  });
});
