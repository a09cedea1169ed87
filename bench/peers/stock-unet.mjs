// The U-Net of plain ops of tfjs, as its documentation shows them, for peers that set our steps beside tfjs as it is published: no kernel of this library is registered.
const EPSILON = 1e-5;
const LEAK = 0.01;

/** Of tensors by name, `batch.*` among them: { forward(), loss(), step() }. `tf` is tfjs-core with its gradients and a backend. */
export function stockUnet(tf, arrays, { levels, dims }) {
  const tensors = Object.fromEntries(
    Object.entries(arrays).map(([name, { data, shape }]) => {
      const tensor = tf.tensor(data, shape);
      return [name, name.startsWith("batch.") ? tensor : tf.variable(tensor, true)];
    }),
  );
  const y = tensors["batch.target"];
  const mask = tf.reshape(tensors["batch.mask"], y.shape);
  const count = tf.sum(mask);
  const adam = tf.train.adam(1e-4, 0.9, 0.999, 1e-8);
  const pixels = [1, 2, 3].slice(0, dims);

  const convolution = (h, name) =>
    (dims === 3 ? tf.conv3d : tf.conv2d)(h, tensors[`${name}.weight`], 1, "same");
  const layer = (h, name) => {
    const z = convolution(h, name);
    const mean = tf.mean(z, pixels, true);
    const centred = tf.sub(z, mean);
    const variance = tf.mean(tf.square(centred), pixels, true);
    const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON)));
    return tf.leakyRelu(
      tf.add(tf.mul(normal, tensors[`${name}.norm.weight`]), tensors[`${name}.bias`]),
      LEAK,
    );
  };
  const block = (h, name) => layer(layer(h, `${name}.0`), `${name}.1`);
  const halve = (h) => (dims === 3 ? tf.maxPool3d(h, 2, 2, "valid") : tf.maxPool(h, 2, 2, "valid"));
  const double = (h) => pixels.reduce((v, axis) => repeat(tf, v, axis), h);
  const forward = (x = tensors["batch.input"]) => {
    const skips = [];
    let h = x;
    for (let level = 0; level < levels; level++) {
      if (level > 0) {
        skips.push(h);
        h = halve(h);
      }
      h = block(h, `encoder.${level}`);
    }
    for (let level = levels - 2; level >= 0; level--) {
      const narrow = tf.add(convolution(h, `up.${level}`), tensors[`up.${level}.bias`]);
      h = block(tf.concat([double(narrow), skips[level]], dims + 1), `decoder.${level}`);
    }
    return tf.add(convolution(h, "output"), tensors["output.bias"]);
  };
  const loss = () => tf.div(tf.sum(tf.mul(tf.abs(tf.sub(forward(), y)), mask)), count);

  return {
    forward,
    /** One step of Adam; gives the loss. */
    async step() {
      const value = adam.minimize(loss, true);
      const [number] = await value.data();
      value.dispose();
      return number;
    },
    dispose() {
      adam.dispose();
      tf.dispose([mask, count, ...Object.values(tensors)]);
    },
  };
}

/** Each voxel twice along an axis. */
function repeat(tf, h, axis) {
  const shape = [...h.shape];
  shape[axis] *= 2;
  const flat = [product(h.shape.slice(0, axis + 1)), 1, product(h.shape.slice(axis + 1))];
  return tf.reshape(tf.tile(tf.reshape(h, flat), [1, 2, 1]), shape);
}

function product(sizes) {
  return sizes.reduce((a, b) => a * b, 1);
}
