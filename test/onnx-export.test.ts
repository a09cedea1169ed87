/**
 * The ONNX file of each model, run by ONNX Runtime, against the model itself on the cpu backend, which is checked against PyTorch
 * in gradients.test.ts and models.test.ts. Bar: the largest difference is at most 1e-5 of the largest output.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../src/base/random/index.ts";
import { cpu, type GraphSession, onnx, type TensorSession } from "../src/networks/backends/index.ts";
import { createModel } from "../src/networks/models/index.ts";
import { exportOnnx } from "../src/road/model-file/onnx/index.ts";
import { errorOf } from "./support/error-of.ts";
import {
  noiseBatch,
  ONNX_MODELS,
  relativeDistance,
  shapeFor,
  trainedWeights,
} from "./support/onnx-models.ts";
import { NO_ONNXRUNTIME, withOnnxRuntime } from "./support/onnxruntime.ts";
import { tinyModel } from "./support/tiny-model.ts";

const BAR = 1e-5;

describe.skipIf(NO_ONNXRUNTIME)(withOnnxRuntime("ONNX Runtime gives what the model gives"), () => {
  let ours: TensorSession;
  let runtime: GraphSession;
  beforeAll(async () => {
    ours = await cpu().open();
    runtime = await onnx({ threads: 2 }).open();
  });
  afterAll(() => {
    ours.close();
    runtime.close();
  });

  test.each(ONNX_MODELS)("%s", async (_title, spec) => {
    const weights = await trainedWeights(spec);
    const options = { random: new Random(0), weights };
    const [reference, exported] = [
      await spec.create(ours, options),
      await createModel(spec, runtime, options),
    ];
    for (const [n, h, w] of [
      [1, 4, 6],
      [3, 5, 2],
    ] as const) {
      const batch = noiseBatch(shapeFor(spec, n, h, w));
      const before = batch.data.slice();
      const random = (sample: number) => Random.fork(4, String(sample));
      const expected = await reference.predict(batch, { random });
      const got = await exported.predict(batch, { random });
      expect(got.shape).toEqual(expected.shape);
      expect(relativeDistance(got.data, expected.data), `${batch.shape}`).toBeLessThan(BAR);
      expect(batch.data, "the batch is the caller's still").toEqual(before);
    }
    expect(await exported.weights()).toBe(weights);
    reference.dispose();
    exported.dispose();
  });

  test("refuses samples that the network can't take, before any pass", async () => {
    const [, spec] = ONNX_MODELS[0]!;
    const model = await createModel(spec, runtime, {
      random: new Random(0),
      weights: await trainedWeights(spec),
    });
    const random = () => new Random(0);
    const says = async (shape: readonly number[]) =>
      (await errorOf(model.predict(noiseBatch(shape), { random }))).message;
    expect(await says([1, 8, 8, 2])).toBe("unet: expected samples [N, H, W, 1], got [1, 8, 8, 2]");
    expect(await says([1, 8, 6, 1])).toContain("8×6 samples are no multiples of 4");
    const abort = new AbortController();
    abort.abort();
    const aborted = model.predict(noiseBatch([1, 8, 8, 1]), { random, signal: abort.signal });
    expect((await errorOf(aborted)).kind).toBe("aborted");
    model.dispose();
  });

  test("two runs give the same bits", async () => {
    const [, spec] = ONNX_MODELS[0]!;
    const model = await createModel(spec, runtime, {
      random: new Random(0),
      weights: await trainedWeights(spec),
    });
    const random = () => new Random(0);
    const [a, b] = [1, 2].map(() => model.predict(noiseBatch([2, 64, 64, 1]), { random }));
    expect((await a!).data).toEqual((await b!).data);
    model.dispose();
  });
});

describe("exportOnnx", () => {
  test("refuses a model without an ONNX network", async () => {
    const error = await errorOf(exportOnnx({ spec: tinyModel()(), weights: {} }));
    expect(error.kind).toBe("unsupported");
    expect(error.message).toContain('the model "tiny" can\'t be made an ONNX network');
  });

  test("refuses weights of another model", async () => {
    const [[, spec], [, other]] = [ONNX_MODELS[0]!, ONNX_MODELS[1]!];
    const error = await errorOf(exportOnnx({ spec, weights: await trainedWeights(other) }));
    expect([error.kind, error.message]).toEqual(["invalid-file", expect.stringContaining("weight")]);
  });
});
