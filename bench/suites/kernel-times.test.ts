import type { Tensor } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { cpu } from "../../src/networks/backends/index.ts";
import { profileKernels } from "./kernel-times.ts";

test("every kernel is counted once, in its phase, and taken out again", async () => {
  const session = await cpu().open();
  const { tf } = session.tensors;
  const before = tf.getKernel("Add", "cpu");
  let phase = "first";
  const profile = await session.run(() =>
    profileKernels(
      session,
      async () => {
        const x = tf.ones([64, 64]);
        tf.dispose([tf.add(x, x), tf.add(x, x)]);
        phase = "second";
        tf.dispose([tf.matMul(x as never, x as never), x]);
      },
      () => phase,
    ),
  );
  const calls = profile.kernels.map(({ phase: of, kernel, calls: n }) => `${of} ${kernel} ${n}`);
  expect(calls).toContain("first Add 2");
  expect(calls.some((call) => call.startsWith("second BatchMatMul 1"))).toBe(true);
  expect(tf.getKernel("Add", "cpu")).toBe(before);
  session.close();
});

test("a kernel composed of others costs its own time; all shares and the rest make the whole", async () => {
  const session = await cpu().open();
  const { tf } = session.tensors;
  tf.registerKernel({
    kernelName: "TestTwice",
    backendName: "cpu",
    kernelFunc: ({ inputs, backend }) => {
      const { kernelFunc } = tf.getKernel("Add", "cpu")!;
      return kernelFunc({ inputs: { a: inputs.x, b: inputs.x }, backend, attrs: {} });
    },
  });
  const profile = await session.run(() =>
    profileKernels(session, async () => {
      const x = tf.ones([64, 64]);
      tf.dispose([tf.engine().runKernel("TestTwice", { x }) as Tensor, x]);
    }),
  );
  tf.unregisterKernel("TestTwice", "cpu");
  const names = profile.kernels.map(({ kernel }) => kernel);
  expect(names).toEqual(expect.arrayContaining(["TestTwice", "TestTwice > Add"]));
  const kernels = profile.kernels.reduce((sum, { ms }) => sum + ms, 0);
  expect(kernels + profile.outsideKernelsMs).toBeCloseTo(profile.totalMs, 6);
  expect(profile.phases[""]).toBeCloseTo(kernels, 6);
  const shares = profile.kernels.reduce((sum, { share }) => sum + share, 0);
  expect(shares).toBeGreaterThan(0);
  expect(shares).toBeLessThanOrEqual(1);
  session.close();
});
