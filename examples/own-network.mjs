// A network of your own: a single 3×3 convolution, trained by the same Trainer and used by the same Synthesizer.
//
//   npm run build && node examples/own-network.mjs
import { defineModel, definePlugin, phantomDataset, Synthesizer, Trainer } from "@midash/core";
import { wasm } from "@midash/core/backends/wasm";

/** The recipe: plain data and a `create`. The same options, from a model file, make the same network again. */
export const OneConvolution = defineModel({
  name: "one-convolution",
  about: "a single 3×3 convolution",
  options: {},
  spec: () => ({
    input: { channels: 1, dims: 2, multipleOf: 1 },
    output: { channels: 1, dims: 2, multipleOf: 1 },
    pairing: "paired",
    create: (session, { random, weights }) => session.run(() => makeModel(session, random, weights)),
  }),
});

function makeModel(session, random, weights) {
  const { tf } = session;
  // `weights` is what weights() once gave, from a model file or a checkpoint; without them, start at random by `random`.
  const start = weights?.kernel.data ?? Float32Array.from({ length: 9 }, () => random.normal(0, 0.3));
  const kernel = tf.variable(tf.tensor4d(start, [3, 3, 1, 1]));
  const bias = tf.variable(tf.tensor1d(weights?.bias.data ?? [0]));
  const tensor = (batch) => tf.tensor4d(batch.data, batch.shape); // [N, H, W, channels]
  const forward = (x) => tf.add(tf.conv2d(x, kernel, 1, "same"), bias);
  return {
    // Gives values in the range of the target's Normalizer; the Synthesizer turns them into HU.
    predict: (batch) =>
      session.run(async () => {
        const y = tf.tidy(() => forward(tensor(batch)));
        const data = await y.data();
        y.dispose();
        return { ...batch, data, shape: y.shape };
      }),
    // All work of a step in one session.run. target.mask is the weight of each pixel in the loss.
    trainStep: ({ input, target }, step) =>
      session.run(async () => {
        const [x, y] = [tensor(input), tensor(target)];
        const mask = tf.tensor4d(target.mask, [...target.shape.slice(0, 3), 1]);
        const loss = await step.optimize("model", [kernel, bias], () => step.loss(forward(x), y, mask));
        tf.dispose([x, y, mask]);
        return { loss };
      }),
    weights: () =>
      session.run(async () => ({
        kernel: { data: await kernel.data(), shape: [3, 3, 1, 1] },
        bias: { data: await bias.data(), shape: [1] },
      })),
    dispose: () => tf.dispose([kernel, bias]),
  };
}

const dataset = phantomDataset({
  subjects: { train: 2, validation: 1, test: 1 },
  shape: [48, 56, 40],
  spacing: [4, 4, 4],
});
const trainer = new Trainer({
  model: OneConvolution(),
  backend: wasm(),
  optimizer: { learningRate: 0.02 },
  schedule: "cosine",
  epochs: 5,
});
for await (const event of trainer.fit(dataset))
  if (event.type === "epoch")
    console.log(`epoch ${event.epoch}: validation MAE ${event.validation.mae?.toFixed(0)} HU`);

const synthesizer = new Synthesizer(trainer.result(), {
  backend: wasm(),
  plugins: [definePlugin({ name: "example", models: { "one-convolution": OneConvolution } })],
});
const { sct } = await synthesizer.run(await dataset.test[0].inputs.t1.load());
synthesizer.dispose();
console.log(`a synthetic CT of ${sct.shape.join("×")} voxels (simulated: ${sct.simulated})`);
