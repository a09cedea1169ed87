import { assert } from "../../base/errors/index.ts";
import { kind, option } from "../../base/options/index.ts";
import { defineModel, type NamedSpec } from "./define-model.ts";
import type { Model } from "./model.ts";
import { channelsOf } from "./output.ts";

const recipe = kind<NamedSpec>(
  "text",
  "a recipe",
  (value) => typeof (value as NamedSpec | null)?.name === "string",
);

const OPTIONS = {
  members: option.integer({
    default: 2,
    min: 2,
    about: "networks; weights of the first are called 0/...",
  }),
  of: option.of(recipe, { default: { name: "unet", config: {} }, about: "the recipe of each" }),
} as const;

/**
 * Networks of one recipe as one model: each is asked, and their outputs are averaged, of scales the squares. Besides what they give there is `spread`, the
 * standard deviation of the members' CT: synthesis reports it as that. Model files of it are made by `joinModels`; it can't be trained itself.
 *
 * @throws MidashError `invalid-argument` for impossible options, members without a CT, and where it is not made by a Registry, which knows the members' name
 */
export const EnsembleModel = defineModel({
  name: "ensemble",
  about: "networks of one recipe, averaged: of several folds or seeds; made of trained ones",
  trainable: false,
  options: OPTIONS,
  spec({ members, of }, find) {
    assert(find, "is made by Registry.spec", { where: "ensemble" });
    const member = find(of);
    const { input, outputs, sampleBytes, graph } = member;
    const ct = outputs.find((output) => output.kind === "ct");
    assert(ct && outputs.every(({ name }) => name !== "spread"), "members must give a CT and no spread", {
      where: "ensemble",
    });
    const own = [...outputs, { kind: "scale", name: "spread", of: ct.name }] as const;
    const averaged = { members, member, outputs: own, channels: own.map(channelsOf) };
    // What averages is loaded by the first that is wanted: most pages have one network.
    return {
      input,
      outputs: own,
      sampleBytes,
      create: async (session, options): Promise<Model> =>
        (await import("./ensemble-members.ts")).openMembers(averaged, session, options),
      graph:
        graph && (async (weights) => (await import("./ensemble-graph.ts")).ensembleGraph(averaged, weights)),
    };
  },
});
