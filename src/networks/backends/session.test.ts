import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cpu } from "./cpu.ts";
import { wasm } from "./wasm/wasm.ts";

const printed: unknown[][] = [];
beforeEach(() => {
  for (const method of ["log", "info", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((...args) => void printed.push(args));
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(printed.splice(0)).toEqual([]); // a library is silent
});

describe.each([
  ["cpu", cpu],
  ["wasm", wasm],
] as const)("%s", (name, backend) => {
  test("computes, and says what it is", async () => {
    expect(await backend().supports()).toBe(true);
    const session = await backend().open();
    expect(session.backend).toBe(name);
    expect(session.can).toMatchObject({ train: true, deterministic: true });
    const sum = await session.run(() => {
      expect(session.tensors.tf.getBackend()).toBe(name);
      return session.tensors.tf.tidy(
        () => session.tensors.tf.sum(session.tensors.tf.ones([3, 4])).dataSync()[0],
      );
    });
    expect(sum).toBe(12);
    session.close();
  });

  test("work runs one at a time, in the order of the calls; a failure stops nothing after it", async () => {
    const session = await backend().open();
    const order: string[] = [];
    const slow = session.run(async () => {
      order.push("a begins");
      await new Promise((done) => setTimeout(done, 20));
      order.push("a ends");
    });
    const broken = session.run(() => {
      order.push("b");
      throw new Error("broken work");
    });
    const last = session.run(() => order.push("c"));
    await expect(broken).rejects.toThrow("broken work");
    await Promise.all([slow, last]);
    expect(order).toEqual(["a begins", "a ends", "b", "c"]);
    session.close();
  });

  test("a closed session refuses work, others go on", async () => {
    const [one, two] = [await backend().open(), await backend().open()];
    one.close();
    await expect(one.run(() => 1)).rejects.toThrow(`${name}: the session is closed`);
    await expect(two.run(() => 2)).resolves.toBe(2);
    two.close();
  });
});

test("sessions of two backends share the engine without mixing their work", async () => {
  const sessions = [await cpu().open(), await wasm().open()];
  expect(sessions[0]!.tensors.tf.engine()).toBe(sessions[1]!.tensors.tf.engine());
  const work = Array.from({ length: 8 }, (_, n) => {
    const session = sessions[n % 2]!;
    return session.run(async () => {
      const { tf } = session.tensors;
      const before = tf.getBackend();
      const y = tf.tidy(() => tf.matMul(tf.fill([2, 2], n), tf.ones([2, 2])));
      const values = [...(await y.data())];
      y.dispose();
      return { before, after: tf.getBackend(), values };
    });
  });
  for (const [n, { before, after, values }] of (await Promise.all(work)).entries()) {
    expect([before, after]).toEqual([sessions[n % 2]!.backend, sessions[n % 2]!.backend]);
    expect(values).toEqual([2 * n, 2 * n, 2 * n, 2 * n]);
  }
  for (const session of sessions) session.close();
});
