import { describe, expect, expectTypeOf, test } from "vitest";
import { option } from "../../base/options/index.ts";
import { nifti, volumeFormats } from "../../imaging/formats/index.ts";
import { cpu } from "../../networks/backends/index.ts";
import { losses } from "../../networks/learning/index.ts";
import { defineModel, type Model, type TrainableModel, UNet } from "../../networks/models/index.ts";
import { definePlugin } from "./plugin.ts";
import { Registry } from "./registry.ts";

const sample = { channels: 1, dims: 2, multipleOf: 1 } as const;
const create = () => Promise.reject(new Error("not in this test"));
const MyNet = defineModel({
  name: "mynet",
  about: "a test",
  options: {
    filters: option.integer({ default: 16, min: 1, about: "channels" }),
    norm: option.choice(["instance", "batch"], { default: "instance", about: "norm" }),
  },
  spec: () => ({ input: sample, outputs: [{ kind: "ct", name: "ct" }], create }),
});
const plugin = definePlugin({ name: "my-plugin", models: { mynet: MyNet } });

describe("defineModel", () => {
  test("infers the options' types", () => {
    expectTypeOf(MyNet)
      .parameter(0)
      .toEqualTypeOf<{ readonly filters?: number; readonly norm?: "instance" | "batch" } | undefined>();
    // @ts-expect-error there is no such option
    expect(() => MyNet({ filter: 8 })).toThrow('mynet: unknown option "filter"; did you mean "filters"?');
    // @ts-expect-error not a value of it
    expect(() => MyNet({ norm: "layer" })).toThrow("mynet: norm must be one of instance, batch");
    expectTypeOf(UNet().create).returns.resolves.toEqualTypeOf<TrainableModel>();
    expectTypeOf(plugin.models.mynet).toEqualTypeOf<typeof MyNet>();
  });

  test("a spec carries its name and every option, as data", () => {
    const spec = MyNet({ filters: 8 });
    expect(JSON.parse(JSON.stringify(spec))).toEqual({
      name: "mynet",
      config: { filters: 8, norm: "instance" },
      input: sample,
      outputs: [{ kind: "ct", name: "ct" }],
    });
  });

  test("refuses names that model files or shells would choke on", () => {
    const named = (name: string) => () => defineModel({ ...MyNet.definition, name, spec: () => MyNet() });
    expect(named("My Net")).toThrow(
      'defineModel: name must be lower-case letters, digits and dashes, got "My Net"',
    );
    expect(named("")).toThrow("defineModel");
    expect(named("a-2")).not.toThrow();
  });
});

describe("definePlugin", () => {
  test.each([
    [{}, "definePlugin: a plugin needs a name"],
    [
      { name: "p", model: {} },
      'plugin "p": unknown part "model"; parts are models, backends, losses, optimizers, schedules, augmentations, batchSources, formats, steps, samplers',
    ],
    [
      { name: "p", models: { mynet: {} } },
      'plugin "p": models.mynet is no model factory; make it by defineModel',
    ],
    [{ name: "p", models: { other: MyNet } }, 'plugin "p": models.other calls itself "mynet"; use one name'],
    [{ name: "p", formats: { nrrd: nifti } }, 'plugin "p": formats.nrrd calls itself "nifti"; use one name'],
    [
      { name: "p", steps: { crop: {} } },
      'plugin "p": steps.crop can\'t be parsed; give { type, parse(json) }',
    ],
    [
      { name: "p", steps: { crop: { type: "cut", parse: () => undefined } } },
      'plugin "p": steps.crop calls itself "cut"; use one name',
    ],
    [{ name: "p", losses: { l3: 3 } }, 'plugin "p": losses.l3 must be a function'],
  ])("refuses %j", (given, message) => {
    expect(() => definePlugin(given as never)).toThrow(message);
  });
});

describe("Registry", () => {
  test("finds what ships with the package and what plugins bring", () => {
    const mine = definePlugin({ ...plugin, losses: { mean: losses.l2 }, backends: { mine: cpu } });
    const registry = new Registry([mine]);
    expectTypeOf(registry.model("mynet")().create).returns.resolves.toEqualTypeOf<Model>();
    expect(registry.model("mynet")({ filters: 4 }).config).toEqual({ filters: 4, norm: "instance" });
    expect(registry.spec({ name: "unet", config: { levels: 2 } }).input.multipleOf).toBe(2);
    expect(registry.backend("mine").name).toBe("cpu");
    expect(registry.loss("mean").toJSON()).toEqual({ name: "l2", of: "ct" });
    expect(() => registry.loss("l1", { options: { off: "ct" } })).toThrow(
      'the loss l1 has no option "off"; did you mean "of"?',
    );
    expect(() => registry.augmentation("affine", { options: { degree: 5 } })).toThrow(
      'the augmentation affine has no option "degree"; did you mean "degrees"?',
    );
    expect(registry.formats).toEqual(volumeFormats);
    expect(registry.models.at(-1)).toEqual({ name: "mynet", plugin: "my-plugin", part: MyNet });
  });

  test.each([
    ["model", "mynett", 'unknown model "mynett"; did you mean "mynet"?'],
    ["backend", "wsam", 'unknown backend "wsam"; did you mean "wasm"?'],
    [
      "backend",
      "metal",
      'unknown backend "metal"; known are wasm, cpu, onnx, onnx-cuda, onnx-webgpu; others come with plugins',
    ],
    ["loss", "l3", 'unknown loss "l3"; did you mean "l1"?'],
  ] as const)("an unknown %s gets its nearest match", (kind, name, message) => {
    expect(() => new Registry([plugin])[kind](name)).toThrow(message);
  });

  test("two plugins with one name, or with one part's name, are an error that names both", () => {
    const other = definePlugin({ name: "other", models: { mynet: MyNet } });
    expect(() => new Registry([plugin, other])).toThrow(
      'plugins: the plugins "my-plugin" and "other" both bring a model called "mynet"; leave one of them out',
    );
    expect(() => new Registry([plugin, plugin])).toThrow('plugins: two plugins are called "my-plugin"');
    const mine = definePlugin({ name: "mine", models: { unet: UNet } });
    expect(() => new Registry([mine])).toThrow('"@midash/core" and "mine" both bring a model called "unet"');
  });
});
