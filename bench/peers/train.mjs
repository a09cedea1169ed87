// Peer of src/bench/train.ts: the same step by tfjs as it is published, on its wasm backend. Layers are the plain ops that its documentation shows; no
// kernel of this library is registered. In 2-D it would throw: there is no Conv2DBackpropFilter. In 3-D its MaxPool3D, on negative values, and that op's gradient are
// wrong: losses part from the first step on, the time is what a step costs.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers"; // registers the gradients and the chained methods
import "@tensorflow/tfjs-backend-wasm";
import { loadFile, serve } from "./serve.mjs";

const EPSILON = 1e-5;
const LEAK = 0.01;

await serve(async (_row, { baseFilters, levels, size, batch }, folder) => {
  await tf.setBackend("wasm");
  await tf.ready();
  const arrays = loadFile(folder, `train-${baseFilters}x${levels}-${size}-${batch}-3d.safetensors`);
  const tensors = Object.fromEntries(
    Object.entries(arrays).map(([name, { data, shape }]) => {
      const tensor = tf.tensor(data, shape);
      return [name, name.startsWith("batch.") ? tensor : tf.variable(tensor, true, name)];
    }),
  );
  const { "batch.input": x, "batch.target": y } = tensors;
  const mask = tf.tensor(arrays["batch.mask"].data, y.shape);
  const count = tf.sum(mask);
  const adam = tf.train.adam(1e-4, 0.9, 0.999, 1e-8);

  const convolution = (h, name) => tf.conv3d(h, tensors[`${name}.weight`], 1, "same");
  const layer = (h, name) => {
    const z = convolution(h, name);
    const mean = tf.mean(z, [1, 2, 3], true);
    const centred = tf.sub(z, mean);
    const variance = tf.mean(tf.square(centred), [1, 2, 3], true);
    const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON)));
    return tf.leakyRelu(
      tf.add(tf.mul(normal, tensors[`${name}.norm.weight`]), tensors[`${name}.bias`]),
      LEAK,
    );
  };
  const block = (h, name) => layer(layer(h, `${name}.0`), `${name}.1`);
  const double = (h) => [1, 2, 3].reduce((v, axis) => repeat(v, axis), h);
  const network = () => {
    const skips = [];
    let h = x;
    for (let level = 0; level < levels; level++) {
      if (level > 0) {
        skips.push(h);
        h = tf.maxPool3d(h, 2, 2, "valid");
      }
      h = block(h, `encoder.${level}`);
    }
    for (let level = levels - 2; level >= 0; level--) {
      const narrow = tf.add(convolution(h, `up.${level}`), tensors[`up.${level}.bias`]);
      h = block(tf.concat([double(narrow), skips[level]], 4), `decoder.${level}`);
    }
    return tf.add(convolution(h, "output"), tensors["output.bias"]);
  };
  const loss = () => tf.div(tf.sum(tf.mul(tf.abs(tf.sub(network(), y)), mask)), count);

  return {
    async work() {
      const value = adam.minimize(loss, true);
      const [number] = await value.data();
      value.dispose();
      return number;
    },
    values: (number) => ({ loss: number }),
    details: () => ({ backend: tf.getBackend(), threads: 1 }),
    versions: { tfjs: tf.version_core },
  };
});

/** Each voxel twice along an axis. */
function repeat(h, axis) {
  const shape = [...h.shape];
  shape[axis] *= 2;
  const flat = [product(h.shape.slice(0, axis + 1)), 1, product(h.shape.slice(axis + 1))];
  return tf.reshape(tf.tile(tf.reshape(h, flat), [1, 2, 1]), shape);
}

function product(sizes) {
  return sizes.reduce((a, b) => a * b, 1);
}
