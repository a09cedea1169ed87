/** A residual network as a plugin of `@midash/core`: the recipe. The network itself is in residual-model.ts. */
import { defineModel, definePlugin, option } from "@midash/core";
import { ResidualModel, shapesOf } from "./residual-model.js";

/** `Residual({ filters: 8 })` is what `Trainer` takes: data, and how to bring it to life. */
export const Residual = defineModel({
  name: "residual",
  about: "residual blocks at full resolution (He et al. 2016)",
  options: {
    inChannels: option.integer({ default: 1, min: 1, about: "input volumes stacked as channels" }),
    filters: option.integer({
      default: 16,
      min: 1,
      about: "channels of every layer; 16 trains within minutes on a CPU",
    }),
    blocks: option.integer({
      default: 4,
      min: 1,
      about: "residual blocks; each lets a pixel see two more on every side",
    }),
  },
  spec: ({ inChannels, filters, blocks }) => ({
    input: { channels: inChannels, dims: 2, multipleOf: 1 },
    output: { channels: 1, dims: 2, multipleOf: 1 },
    pairing: "paired",
    optimizer: { learningRate: 2e-3 },
    create: (session, given) =>
      session.run(() => new ResidualModel(session, shapesOf(inChannels, filters, blocks), blocks, given)),
  }),
});

export default definePlugin({ name: "midash-plugin-residual", models: { residual: Residual } });
