/**
 * The ONNX file of each model as Python sees it: `npm run verify:onnx`. onnx.checker takes it (full check, with shapes inferred), and
 * Python's onnxruntime gives what our own cpu backend gives, for several sizes and batches, to 1e-5 of the largest output.
 *
 * Needs Python with onnx, onnxruntime and numpy (MIDASH_PYTHON, else python3).
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "../../src/base/random/index.ts";
import { cpu } from "../../src/networks/backends/index.ts";
import type { NamedArrays } from "../../src/networks/layers/index.ts";
import { exportOnnx } from "../../src/road/model-file/onnx/index.ts";
import { noiseBatch, ONNX_MODELS, shapeFor, trainedWeights } from "../support/onnx-models.ts";

const python = process.env.MIDASH_PYTHON ?? "python3";
const script = fileURLToPath(new URL("onnx_check.py", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "midash-verify-onnx-"));
let failures = 0;
try {
  const session = await cpu().open();
  const list: object[] = [];
  for (const [n, [title, spec]] of ONNX_MODELS.entries()) {
    const weights = await trainedWeights(spec);
    const file = join(folder, `${n}.onnx`);
    await writeFile(file, await exportOnnx({ spec, weights }));
    const model = await spec.create(session, { random: new Random(0), weights });
    const network = await spec.graph!(weights);
    for (const [samples, h, w] of [
      [1, 4, 6],
      [3, 5, 2],
    ] as const) {
      const batch = noiseBatch(shapeFor(spec, samples, h, w));
      const random = (sample: number) => Random.fork(4, String(sample));
      // What Python is given: the last pass, and what must come out of it, where one pass is all.
      let pass: NamedArrays = {};
      const outputs = await model.predict(batch, { random });
      await network
        .predict(
          async (inputs) => {
            pass = inputs;
            throw new Error("seen");
          },
          batch,
          { random },
        )
        .catch(() => undefined);
      list.push({
        title: `${title}, ${batch.shape.join("×")}`,
        file,
        inputs: plain(pass),
        // A sampler's output is not that of its first pass: there Python runs the sampler itself.
        output: { shape: outputs.shape, data: [...outputs.data] },
        steps: (spec.config as { readonly steps?: number }).steps ?? null,
      });
    }
    model.dispose();
  }
  session.close();
  const jobs = join(folder, "jobs.json");
  await writeFile(jobs, JSON.stringify(list));
  try {
    execFileSync(python, [script, jobs], { stdio: "inherit" });
  } catch {
    failures++;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(failures === 0 ? "all well" : "failed");
process.exitCode = failures === 0 ? 0 : 1;

function plain(tensors: NamedArrays): object {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data: [...data] }]),
  );
}
