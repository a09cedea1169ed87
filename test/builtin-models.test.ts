/** Every model that ships with the package keeps the contract, as plugin authors test theirs. */
import { describe, expect, test } from "vitest";
import { type TestModelOptions, testModel } from "../src/host/testing/index.ts";
import { cpu, wasm } from "../src/networks/backends/index.ts";
import { Registry } from "../src/road/plugin/index.ts";

type Small = Omit<TestModelOptions, "backend"> & { readonly config: object };

/** Small options, so that the tests are quick; a model that is not here is tested as it comes. */
const SMALL: Readonly<Record<string, readonly Small[]>> = {
  unet: [
    { config: { baseFilters: 2, levels: 3 } },
    {
      config: { baseFilters: 2, levels: 2, norm: "batch", upsampling: "transposed", finalActivation: "tanh" },
    },
    { config: { baseFilters: 2, levels: 2, norm: "none", inChannels: 2, upsampling: "bilinear" } },
    { config: { baseFilters: 2, levels: 2, classes: ["air", "soft", "bone"] } },
    { config: { dims: 3, baseFilters: 2, levels: 2 }, size: 8 },
    { config: { dims: 3, baseFilters: 2, levels: 2, norm: "batch", upsampling: "transposed" }, size: 8 },
    {
      config: { dims: 3, baseFilters: 4, levels: 2, stem: "half", classes: ["air", "soft", "bone"] },
      size: 8,
    },
  ],
  pix2pix: [{ config: { baseFilters: 2, levels: 2, discriminatorFilters: 2 } }],
  cyclegan: [{ config: { baseFilters: 2, levels: 2, discriminatorFilters: 2, poolSize: 3 } }],
  diffusion: [{ config: { baseFilters: 2, levels: 2, steps: 3 } }],
};

/** The slow JavaScript backend does one small variant of each. */
const trainable = new Registry().models.filter(({ part }) => part.definition.trainable !== false);
const cases = trainable.flatMap(({ name, part }) =>
  (SMALL[name] ?? [{ config: {} }]).flatMap((options, n) =>
    (n === 0 && name in SMALL ? [wasm(), cpu()] : [wasm()]).map((backend) => {
      const title = `${name} ${JSON.stringify(options.config)}, ${backend.name}`;
      return [title, part, { ...options, backend }] as const;
    }),
  ),
);

describe("testModel", () => {
  test("has the built-in models", () => expect(cases.length).toBeGreaterThan(0));

  test.each(cases)("%s", async (_title, factory, options) => {
    const { checks } = await testModel(factory, options);
    expect(checks.filter((c) => c.passed).length).toBeGreaterThan(18);
  });
});
