import { describe, expect, expectTypeOf, test } from "vitest";
import { option } from "../../base/options/index.ts";
import { defineModel } from "../../networks/models/index.ts";
import { definePlugin } from "../plugin/plugin.ts";
import { assertConfig, defineConfig, type MidashConfig, type TrainConfig } from "./config.ts";

const sample = { channels: 1, dims: 2, multipleOf: 1 } as const;
const MyNet = defineModel({
  name: "mynet",
  about: "a test",
  options: { filters: option.integer({ default: 16, min: 1, about: "channels" }) },
  spec: () => ({
    input: sample,
    outputs: [{ kind: "ct", name: "ct" }],
    create: () => Promise.reject(new Error("not in this test")),
  }),
});
const plugin = definePlugin({ name: "my-plugin", models: { mynet: MyNet } });

describe("defineConfig", () => {
  test("gives the config back; a model is a name or a recipe", () => {
    const named = { plugins: [plugin], train: { model: "mynet", modelOptions: { filters: 8 }, epochs: 3 } };
    expect(defineConfig(named)).toBe(named);
    const recipe = defineConfig({
      plugins: [plugin],
      train: { model: MyNet({ filters: 8 }), size: [64, 64] },
    });
    expect(recipe.train?.model).toMatchObject({ name: "mynet", config: { filters: 8 } });
    expect(defineConfig({})).toEqual({});
    expectTypeOf(recipe).toEqualTypeOf<MidashConfig>();
    type Size =
      | readonly [height: number, width: number]
      | readonly [depth: number, height: number, width: number];
    expectTypeOf<TrainConfig["size"]>().toEqualTypeOf<Size | undefined>();
  });

  test("types refuse what a run would refuse", () => {
    // @ts-expect-error there is no such setting
    defineConfig({ train: { epoch: 3 } });
    // @ts-expect-error not a value of it
    defineConfig({ train: { fit: "linear" } });
    // @ts-expect-error two numbers or three, not one
    defineConfig({ train: { size: [64] } });
    // @ts-expect-error the factory knows its options
    expect(() => defineConfig({ train: { model: MyNet({ filter: 8 }) } })).toThrow('did you mean "filters"?');
    // @ts-expect-error a factory is no recipe: it is to be called
    defineConfig({ train: { model: MyNet } });
    // @ts-expect-error a plugin, not its name
    defineConfig({ plugins: ["my-plugin"] });
  });

  test.each([
    [null, "here: must be an object; e.g. { plugins: [], train: { epochs: 20 } }"],
    [[], "here: must be an object"],
    [{ plugin: [] }, 'here: unknown setting "plugin"; did you mean "plugins"?'],
    [{ epochs: 3 }, 'here: unknown setting "epochs"; known are plugins, train'],
    [{ plugins: {} }, "here: plugins must be a list"],
    [{ train: 3 }, "here: train must be an object of settings"],
  ])("%j is none", (config, message) => {
    expect(() => assertConfig(config, "here")).toThrow(message);
  });
});
