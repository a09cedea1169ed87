// Peer of the GPU suite: tfjs's WebGPU backend as it is published, in Node by Dawn.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers"; // registers the gradients and the chained methods
import { loadFile } from "../peers/serve.mjs";
import { stockUnet } from "../peers/stock-unet.mjs";
import { installDawn } from "./dawn.mjs";
import { serveEngine } from "./serve-engine.mjs";
import { convolutionOf, drained } from "./tf-convolution.mjs";

await serveEngine(async () => {
  await installDawn(); // before the backend, which looks whether there is WebGPU
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!(await tf.setBackend("webgpu"))) throw new Error("tfjs's webgpu backend did not start");
  await tf.ready();
  return {
    facts: { tfjs: tf.version_core },
    async open(of, _as, folder) {
      if (of.kind === "conv") return convolutionOf(tf, of);
      // Tried: "cannot index type 'vec5'" from the shader of a broadcast, then "Where for rank 5 is not yet supported" in the gradient of leaky ReLU.
      if (of.dims === 3)
        throw new Error("tfjs-webgpu 4.22 can't broadcast tensors of rank 5: no U-Net in 3-D");
      if (of.kind === "train" || of.kind === "predict") return network(of, folder);
      throw new Error(`no ${of.kind} here`);
    },
  };
});

function network({ kind, dims, baseFilters, levels, size, batch }, folder) {
  const arrays = loadFile(
    folder,
    `train-${baseFilters}x${levels}-${size}-${batch}${dims === 3 ? "-3d" : ""}.safetensors`,
  );
  const { data, shape } = arrays["batch.input"];
  const { forward, step, dispose } = stockUnet(tf, arrays, { levels, dims });
  const pass = async () => {
    const out = tf.tidy(() => forward(tf.tensor(data, shape)));
    const values = await out.data();
    out.dispose();
    return values;
  };
  return {
    async run(steps) {
      let last;
      for (let n = 0; n < steps; n++) last = await (kind === "train" ? step() : pass());
      await drained(tf);
      return kind === "train" ? { loss: last } : { mean: meanOf(last) };
    },
    close: dispose,
  };
}

function meanOf(data) {
  let sum = 0;
  for (const each of data) sum += Math.abs(each);
  return sum / data.length;
}
