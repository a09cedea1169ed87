import { volumeFormats } from "../../imaging/formats/index.ts";
import { webgpu } from "../../networks/backends/index.ts";
import { losses, optimizers } from "../../networks/learning/index.ts";
import { augmentations, batchSources } from "../data/index.ts";
import { definePlugin } from "./plugin.ts";
import { synthesisParts } from "./synthesis-parts.ts";

/** What ships with the package: a plugin like any other. The first model and the first backend are the command line's defaults. */
export const builtin = /* @__PURE__ */ (() =>
  definePlugin({
    ...synthesisParts,
    backends: { ...synthesisParts.backends, webgpu }, // asked for by name: pages load it when they want it
    losses: { l1: losses.l1, l2: losses.l2, crossEntropy: losses.crossEntropy, dice: losses.dice },
    optimizers,
    augmentations,
    batchSources,
    formats: Object.fromEntries(volumeFormats.map((format) => [format.name, format])),
  }))();
