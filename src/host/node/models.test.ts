import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MidashError } from "../../base/errors/index.ts";
import type { ModelBundle } from "../../road/model-file/index.ts";
import { definePreparation, Normalizer, Slicer, usualSteps } from "../../road/preparation/index.ts";
import { loadModel, saveModel } from "./index.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-models-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bundle: ModelBundle = {
  schema: 1,
  model: { name: "unet", config: { baseFilters: 4 } },
  preparation: definePreparation({
    inputs: [{ name: "mr" }],
    steps: usualSteps({
      spacing: [1, 1, 2],
      inputs: { mr: Normalizer.percentile() },
      target: Normalizer.window({ min: -1024, max: 3071 }),
    }),
    sampler: Slicer.slices({ size: [16, 16] }),
  }).toJSON(),
  background: { outside: "air", margin: 4 },
  weights: { w: { data: Float32Array.of(1, 2, 3), shape: [3] } },
  provenance: {
    library: "@midash/core",
    created: "2026-01-01T00:00:00.000Z",
    dataset: "d",
    trainedOn: "phantoms",
    cases: 1,
    seed: 0,
    backend: "cpu",
    epochs: 1,
    steps: 1,
    settings: {},
  },
  intendedFor: "phantoms",
  metrics: {},
  licence: "MIT",
};

describe("saveModel and loadModel", () => {
  it("keep all of it", async () => {
    const path = join(folder, "m.safetensors");
    await saveModel(path, bundle);
    expect(await loadModel(path)).toEqual(bundle);
    expect(await readdir(folder)).toEqual(["m.safetensors"]);
  });

  it("name the file that is wrong", async () => {
    const path = join(folder, "text.safetensors");
    await writeFile(path, "hello, this is no model at all");
    for (const [at, kind] of [
      [path, "invalid-file"],
      [join(folder, "absent"), "not-found"],
    ] as const) {
      const error = await loadModel(at).catch((e: unknown) => e);
      expect(MidashError.is(error) && [error.kind, error.where]).toEqual([kind, at]);
    }
    const error = await saveModel(join(folder, "no", "m"), bundle).catch((e: unknown) => e);
    expect(MidashError.is(error) && error.message).toContain("create it first");
  });
});
