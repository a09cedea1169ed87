// One pass of one convolution by tfjs's kernels of whatever backend is active: ours of the library where it has put them there, else tfjs's own.
export function convolutionOf(tf, { pass, dims, size, batch, from, to, filter }) {
  const at = (channels) => [batch, ...Array(dims).fill(size), channels];
  const filterShape = [...Array(dims).fill(filter), from, to];
  const [x, dy] = [
    tf.randomNormal(at(from), 0, 1, "float32", 1),
    tf.randomNormal(at(to), 0, 1, "float32", 2),
  ];
  const w = tf.randomNormal(filterShape, 0, 0.1, "float32", 3);
  const usual = dims === 2 ? { dataFormat: "NHWC", dimRoundingMode: undefined } : {};
  const how = { strides: dims === 2 ? [1, 1] : [1, 1, 1], pad: "same", dilations: 1, ...usual };
  const kernels = {
    forward: () => (dims === 2 ? tf.conv2d(x, w, 1, "same") : tf.conv3d(x, w, 1, "same")),
    input: () =>
      dims === 2
        ? tf.engine().runKernel("Conv2DBackpropInput", { dy, filter: w }, { ...how, inputShape: x.shape })
        : tf.engine().runKernel("Conv3DBackpropInputV2", { dy, filter: w }, { ...how, inputShape: x.shape }),
    filter: () =>
      dims === 2
        ? tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, { ...how, filterShape })
        : tf.engine().runKernel("Conv3DBackpropFilterV2", { x, dy }, { ...how, filterShape }),
  };
  return {
    async run(steps) {
      for (let n = 0; n < steps; n++) tf.dispose(kernels[pass]());
      await drained(tf);
    },
    close: () => tf.dispose([x, dy, w]),
  };
}

/** Waits until the GPU has done all that it was given. */
export async function drained(tf) {
  const backend = tf.backend();
  if (backend.commandEncoder) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  await backend.queue?.onSubmittedWorkDone();
}
