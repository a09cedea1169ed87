import { expect, test } from "vitest";
import { cpu, wasm } from "../backends/index.ts";
import { profileKernels } from "./kernel-times.ts";

test("every kernel is counted once, in its phase, and taken out again", async () => {
  const session = await cpu().open();
  const { tf } = session;
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
  const session = await wasm().open();
  const { tf } = session;
  const profile = await session.run(() =>
    profileKernels(session, async () => {
      const x = tf.randomNormal([1, 16, 16, 4], 0, 1, "float32", 1);
      const filter = tf.variable(tf.randomNormal([3, 3, 4, 4], 0, 1, "float32", 2));
      tf.variableGrads(() => tf.sum(tf.conv2d(x as never, filter as never, 1, "same")), [filter]);
    }),
  );
  const inner = profile.kernels.filter(({ kernel }) => kernel.startsWith("Conv2DBackpropFilter > "));
  expect(inner.length).toBeGreaterThan(0); // composed of the backend's own convolution
  const kernels = profile.kernels.reduce((sum, { ms }) => sum + ms, 0);
  expect(kernels + profile.outsideKernelsMs).toBeCloseTo(profile.totalMs, 6);
  expect(profile.phases[""]).toBeCloseTo(kernels, 6);
  const shares = profile.kernels.reduce((sum, { share }) => sum + share, 0);
  expect(shares).toBeGreaterThan(0);
  expect(shares).toBeLessThanOrEqual(1);
  session.close();
});
