/** What the built-in models declare to take in `predict` is what they take, and they free what they no longer need. */
import { expect, test } from "vitest";
import { Random } from "../../base/random/index.ts";
import { cpu, wasm } from "../backends/index.ts";
import { Diffusion } from "./diffusion.ts";
import type { ModelSpec } from "./model.ts";
import { Pix2Pix } from "./pix2pix.ts";
import { UNet } from "./unet.ts";

const SIZE = 64;
const SAMPLES = 3;

/** Most bytes of tensors at any time of a `predict`, without those that were there before. */
async function peakOf(spec: ModelSpec, make: typeof wasm | typeof cpu): Promise<number> {
  const session = await make().open();
  const { tf } = session.tensors;
  const model = await spec.create(session, { random: new Random(1) });
  const space = new Array<number>(spec.input.dims).fill(spec.input.dims === 3 ? SIZE / 4 : SIZE);
  const shape = [SAMPLES, ...space, spec.input.channels];
  const data = new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5);
  const batch = {
    data,
    shape,
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] as const,
    caseIds: ["a", "b", "c"],
  };
  const before = tf.memory().numBytes;
  const { peakBytes } = await tf.profile(async () => {
    await model.predict(batch, { random: (n) => new Random(n) });
    return [];
  });
  const after = tf.memory().numBytes;
  model.dispose();
  session.close();
  expect(after).toBe(before);
  return (peakBytes - before) / SAMPLES / spec.sampleBytes!(space);
}

const wide = { baseFilters: 16, levels: 3 } as const;
test.each<[string, ModelSpec]>([
  ["U-Net", UNet(wide)],
  ["U-Net with batch norm", UNet({ ...wide, norm: "batch" })],
  ["U-Net without norm, bilinear", UNet({ ...wide, norm: "none", upsampling: "bilinear" })],
  ["U-Net, transposed, two inputs", UNet({ ...wide, inChannels: 2, upsampling: "transposed" })],
  ["U-Net in 3-D", UNet({ ...wide, dims: 3 })],
  ["U-Net in 3-D, half stem", UNet({ ...wide, dims: 3, stem: "half" })],
  ["Pix2Pix", Pix2Pix(wide)],
  ["Diffusion", Diffusion({ ...wide, steps: 2 })],
])("%s", { timeout: 60_000 }, async (_name, spec) => {
  for (const make of [wasm, cpu]) {
    const share = await peakOf(spec, make);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(1.2); // roughly
  }
});
