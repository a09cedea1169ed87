import { describe, expect, test } from "vitest";
import { bundleOf, identityModel } from "../../../test/support/identity-model.ts";
import { Diffusion, Pix2Pix, UNet } from "../../networks/models/index.ts";
import { BATCH_BYTES, batchSizeOf } from "./batch-size.ts";
import { Synthesizer } from "./synthesizer.ts";

const unet = (baseFilters: number) => UNet({ baseFilters, levels: 5 });

describe("samples in a batch", () => {
  test.each([
    ["8 slices of 256² where they fit", 16, [256, 256], 8],
    ["fewer of a wider network", 64, [256, 256], 2],
    ["and of larger slices", 64, [512, 512], 1],
    ["at least one, whatever it takes", 64, [2048, 2048], 1],
    ["as many pixels of smaller ones", 16, [64, 64], 128],
  ])("%s", (_what, filters, size, expected) => {
    expect(batchSizeOf(unet(filters), size)).toBe(expected);
  });

  test.each([
    ["a patch of 96³ is a batch of its own", 16, [96, 96, 96], 1],
    ["of smaller ones as many voxels as of pixels", 16, [64, 64, 64], 2],
    ["fewer of a wider network", 32, [64, 64, 64], 1],
    ["and many of tiny ones", 8, [32, 32, 32], 16],
  ])("in 3-D %s, within the budget", (_what, filters, size, expected) => {
    const spec = UNet({ dims: 3, baseFilters: filters, levels: 4 });
    expect(batchSizeOf(spec, size)).toBe(expected);
    // What a plugin's network does not declare is taken for that of 32 filters.
    const undeclared = batchSizeOf({}, size);
    expect(undeclared).toBe(batchSizeOf(UNet({ dims: 3, baseFilters: 32, levels: 4 }), size));
  });

  test("never more than the budget, and as many as it allows", () => {
    for (const filters of [8, 16, 32, 64, 100])
      for (const batchBytes of [BATCH_BYTES / 8, BATCH_BYTES, 4 * BATCH_BYTES]) {
        const spec = unet(filters);
        const size = [256, 320];
        const n = batchSizeOf(spec, size, { batchBytes });
        const each = spec.sampleBytes!(size);
        expect(n === 1 || n * each <= batchBytes).toBe(true);
        expect((n + 1) * each > batchBytes || (n + 1) * 256 * 320 > 8 * 256 ** 2).toBe(true);
      }
  });

  test("every built-in model declares what it takes; one that does not counts as a U-Net of 32 filters", () => {
    for (const spec of [UNet(), Pix2Pix(), Diffusion()])
      expect(spec.sampleBytes!([64, 64])).toBeGreaterThan(2 ** 20);
    const declared = batchSizeOf(UNet({ baseFilters: 32 }), [256, 256]);
    expect(batchSizeOf({}, [256, 256])).toBe(declared);
    expect(declared).toBe(5);
  });

  test("batchSize wins over everything; what is none is refused at once", () => {
    expect(batchSizeOf(unet(64), [512, 512], { batchSize: 32, batchBytes: 1 })).toBe(32);
    const { backend, plugins } = identityModel();
    for (const batchSize of [0, 1.5, Number.NaN])
      expect(() => new Synthesizer(bundleOf(), { backend, plugins, batchSize })).toThrow(
        `batchSize must be a positive integer, got ${batchSize}`,
      );
    expect(() => new Synthesizer(bundleOf(), { backend, plugins, batchBytes: 0 })).toThrow(
      "batchBytes must be positive, got 0",
    );
  });
});
