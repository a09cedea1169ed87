import { cpu, wasm } from "../backends/index.ts";
import { volumeFormats } from "../formats/index.ts";
import { Diffusion, losses, Pix2Pix, UNet } from "../models/index.ts";
import { definePlugin } from "./plugin.ts";

/** What ships with the package: a plugin like any other. The first model and the first backend are the command line's defaults. */
export const builtin = definePlugin({
  name: "@midash/core",
  models: { unet: UNet, pix2pix: Pix2Pix, diffusion: Diffusion },
  backends: { wasm, cpu },
  losses,
  formats: Object.fromEntries(volumeFormats.map((format) => [format.name, format])),
});
