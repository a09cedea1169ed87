/**
 * What the conformance suite is worth: it runs every kernel that training and synthesis of the built-in models run, and each kernel that
 * tfjs ships wrong, put back, makes it fail. Runs in a process of its own (vitest's forks), where tfjs's kernels can still be had.
 */

import * as tf from "@tensorflow/tfjs-core";
import { optimizers, RunOptimizers } from "../src/networks/learning/index.ts";
import { lendStep } from "../src/networks/models/index.ts";
import "@tensorflow/tfjs-layers"; // registers gradients
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, test } from "vitest";
import { Random } from "../src/base/random/index.ts";
import { type BackendReport, testBackend } from "../src/host/testing/index.ts";
import { trainBatch } from "../src/host/testing/model/data.ts";
import { type Backend, cpu, type TensorSession, wasm } from "../src/networks/backends/index.ts";
import { losses } from "../src/networks/learning/index.ts";
import {
  Diffusion,
  defaultLoss,
  type ModelSpec,
  Pix2Pix,
  type TrainableModel,
  UNet,
} from "../src/networks/models/index.ts";
import { errorOf } from "./support/error-of.ts";
import { anyRandom } from "./support/predict-options.ts";

/** Before any session replaces them. */
const shipped = new Map(
  [
    ["wasm", "Conv2DBackpropFilter"],
    ["wasm", "MaxPoolGrad"],
    ["wasm", "MaxPool3D"],
    ["wasm", "MaxPool3DGrad"],
    ["wasm", "Conv3DBackpropInputV2"],
    ["wasm", "Conv3DBackpropFilterV2"],
    ["cpu", "ResizeNearestNeighborGrad"],
  ].map(([backend, kernel]) => [kernel!, { backend: backend!, config: tf.getKernel(kernel!, backend!) }]),
);

/** A backend with tfjs's own kernel in its place, or with none where tfjs has none. */
function withShipped(kernel: string): Backend {
  const { backend, config } = shipped.get(kernel)!;
  const whole = backend === "wasm" ? wasm() : cpu();
  return {
    ...whole,
    open: async () => {
      const session = await whole.open();
      tf.unregisterKernel(kernel, backend);
      if (config) tf.registerKernel(config);
      return session;
    },
  };
}

describe("a kernel that is wrong fails", () => {
  test.each([
    ["Conv2DBackpropFilter", ["conv2d", "conv2dTranspose", "convolutionOfPair"]],
    ["MaxPoolGrad", ["maxPool"]],
    ["MaxPool3D", ["maxPool3d"]],
    ["MaxPool3DGrad", ["maxPool3d"]],
    ["Conv3DBackpropInputV2", ["conv3d", "doubleTransposed"]],
    ["Conv3DBackpropFilterV2", ["conv3d", "doubleTransposed"]],
    ["ResizeNearestNeighborGrad", ["resizeNearestNeighbor"]],
  ])("%s", async (kernel, ops) => {
    const error = await errorOf(
      testBackend(withShipped(kernel), { skip: { shapes: "the stored cases say it" } }),
    );
    const report = error.cause as BackendReport;
    const failed = report.ops.filter(({ passed, compared }) => passed < compared);
    expect(failed.map(({ op }) => op)).toEqual(expect.arrayContaining(ops));
    for (const { worst, where } of failed) {
      expect(worst).toBeGreaterThan(1e-3);
      expect(where).not.toBe("");
    }
  });
});

/** Names of all kernels that `work` runs, those that kernels run included. */
async function kernelsOf(work: () => Promise<unknown>): Promise<Set<string>> {
  const engine = tf.engine();
  const names = new Set<string>();
  const run = engine.runKernel;
  engine.runKernel = ((name: string, ...rest: [never, never]) => {
    names.add(name);
    return run.call(engine, name, ...rest);
  }) as typeof run;
  try {
    await work();
  } finally {
    engine.runKernel = run;
  }
  return names;
}

/** Two steps and a prediction. */
async function live(session: TensorSession, spec: ModelSpec<TrainableModel>, side: number): Promise<void> {
  const model = await spec.create(session, { random: new Random(0) });
  const running = new RunOptimizers(session, optimizers.adam({ clipNorm: 1 }));
  const batch = trainBatch(spec, 2, Array(spec.input.dims).fill(side));
  for (const make of [() => defaultLoss(spec.outputs), losses.l2]) {
    const loss = await make().open(session);
    await model.trainStep(
      batch,
      lendStep({ optimizers: running, loss }, { index: 0, epoch: 0, rate: 1, seed: 0 }),
    );
  }
  await model.predict(batch.input, anyRandom);
  model.dispose();
  running.dispose();
}

describe.each([wasm(), cpu()])("$name: no model runs a kernel that the suite does not", (backend) => {
  test("in training and in synthesis", async () => {
    const session = await backend.open();
    const small = { baseFilters: 2, levels: 2 } as const;
    const used = await kernelsOf(async () => {
      for (const norm of ["instance", "batch", "none"] as const)
        for (const dims of [2, 3] as const)
          for (const upsampling of ["nearest", "bilinear", "transposed"] as const)
            if (dims === 2 || upsampling !== "bilinear")
              await live(session, UNet({ ...small, norm, dims, upsampling }), 8);
      await live(session, UNet({ ...small, classes: ["air", "soft", "bone"] }), 8);
      for (const finalActivation of ["sigmoid", "tanh"] as const)
        await live(session, UNet({ ...small, finalActivation }), 8);
      await live(session, Pix2Pix({ ...small, discriminatorFilters: 2 }), 16);
      await live(session, Diffusion({ ...small, steps: 2 }), 16);
    });
    session.close();
    const checked = await kernelsOf(() => testBackend(backend, { skip: { shapes: "the same kernels" } }));
    expect(used.size).toBeGreaterThan(40);
    expect([...used].filter((name) => !checked.has(name))).toEqual([]);
  });
});
