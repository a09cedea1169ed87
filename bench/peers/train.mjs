// Peer of src/bench/train.ts: the same step by tfjs as it is published, on its wasm backend. Layers are the plain ops that its documentation shows; no
// kernel of this library is registered. In 2-D it would throw: there is no Conv2DBackpropFilter. In 3-D its MaxPool3D, on negative values, and that op's gradient are
// wrong: losses part from the first step on, the time is what a step costs.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers"; // registers the gradients and the chained methods
import "@tensorflow/tfjs-backend-wasm";
import { loadFile, serve } from "./serve.mjs";
import { stockUnet } from "./stock-unet.mjs";

await serve(async (_row, { baseFilters, levels, size, batch }, folder) => {
  await tf.setBackend("wasm");
  await tf.ready();
  const arrays = loadFile(folder, `train-${baseFilters}x${levels}-${size}-${batch}-3d.safetensors`);
  const network = stockUnet(tf, arrays, { levels, dims: 3 });
  return {
    work: network.step,
    values: (number) => ({ loss: number }),
    details: () => ({ backend: tf.getBackend(), threads: 1 }),
    versions: { tfjs: tf.version_core },
  };
});
