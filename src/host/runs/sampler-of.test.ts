import { expect, test } from "vitest";

import { UNet } from "../../networks/models/index.ts";
import { definePlugin, Registry } from "../../road/plugin/index.ts";
import { samplerTypes } from "../../road/preparation/index.ts";
import { samplerOf } from "./sampler-of.ts";
import type { TrainSettings } from "./settings.ts";

const plane = UNet();
const volume = UNet({ dims: 3 });
const registry = new Registry();
const made = (settings: Partial<TrainSettings>, model = plane, known = registry) =>
  samplerOf({ model: "unet", modelOptions: {}, ...settings }, model, known).toJSON();

test("without a name it is the first whose samples the model takes", () => {
  expect(made({})).toMatchObject({ type: "slices", axis: "axial", size: null });
  expect(made({}, volume)).toMatchObject({ type: "patches", size: [96, 96, 96], perCase: 4 });
});

test("settings are its options, and so is what stands beside its name", () => {
  expect(made({ axis: "coronal", size: [64, 32], fit: "tile", overlap: 0.5, context: 1 })).toMatchObject({
    ...{ axis: "coronal", size: [64, 32], fit: "tile", overlap: 0.5, context: 1 },
  });
  const sampler = { name: "patches", blend: "constant", perCase: 3, overlap: 0.1 };
  expect(made({ sampler, size: [8, 16, 24], overlap: 0.5 }, volume)).toEqual({
    ...{ type: "patches", size: [8, 16, 24], overlap: 0.5, blend: "constant", perCase: 3 },
  });
});

test("a plugin's sampler is chosen by its name", () => {
  const [slices] = samplerTypes;
  const low = {
    ...slices!,
    type: "low",
    options: ["turn"],
    create: () => slices!.create({ axis: "sagittal" }),
  };
  const known = new Registry([definePlugin({ name: "p", samplers: { low } })]);
  expect(made({ sampler: { name: "low", turn: 1 } }, plane, known)).toMatchObject({ axis: "sagittal" });
  expect(() => made({ sampler: "low", axis: "axial" }, plane, known)).toThrow(
    "axis: low have no such option; it is for slices",
  );
});

test.each<[Partial<TrainSettings>, typeof plane, string]>([
  [
    { sampler: "patches" },
    plane,
    "sampler: patches are 3-D, and this unet takes 2-D samples; choose slices, or a model of 3-D samples",
  ],
  [
    { sampler: "slices" },
    volume,
    "sampler: slices are 2-D, and this unet takes 3-D samples; choose patches, or a model of 2-D samples",
  ],
  [{ sampler: "slice" }, plane, 'unknown sampler "slice"; did you mean "slices"?'],
  [{ size: [16, 16] }, volume, "size: patches take 3 numbers, got 16x16; e.g. 64x64x64"],
  [{ size: [16, 16, 16] }, plane, "size: slices take 2 numbers, got 16x16x16; e.g. 256x256"],
  [{ axis: "axial" }, volume, "axis: patches have no such option; it is for slices"],
  [{ fit: "tile" }, volume, "fit: patches have no such option; it is for slices"],
  [{ context: 0 }, volume, "context: patches have no such option; it is for slices"],
  [{ perCase: 2 }, plane, "perCase: slices have no such option; it is for patches"],
  [{ sampler: { name: "slices", turn: 1 } }, plane, "turn: slices have no such option; leave it out"],
  [{ fit: "tile" }, plane, "fit: tile needs the size of a tile; add --size, e.g. 128x128"],
  [{ overlap: 0.5 }, plane, "overlap: is for tiles only; add --fit tile"],
])("%j is refused in one line", (settings, model, says) => {
  expect(() => made(settings, model)).toThrow(says);
});
