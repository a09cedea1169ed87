import { Option } from "commander";
import { assert, fail, MidashError, orNearest } from "../../../base/errors/index.ts";
import type { ModelFactory } from "../../../networks/models/index.ts";
import type { Registry } from "../../../road/plugin/index.ts";
import type { TrainConfig } from "../../../road/training/index.ts";
import type { ConfigFile } from "../io/config-file.ts";
import { text } from "../io/readers.ts";
import { checkModelOptions, type ModelFlag, settable, typed, withoutData } from "./model-options.ts";
import { SETTINGS } from "./setting-table.ts";

type Key = keyof typeof SETTINGS;
const KEYS = Object.keys(SETTINGS) as Key[];

/** What is set; everything else is left to the library's defaults. The model is a name, as in files. */
export interface TrainSettings extends Omit<TrainConfig, "model" | "modelOptions"> {
  readonly model: string;
  readonly modelOptions: Readonly<Record<string, unknown>>;
}

/** Settings from one place, not yet checked. */
export interface Layer {
  readonly train: Readonly<Record<string, unknown>>;
  /** How errors call the setting of a key, or of a path like "modelOptions.filters". */
  nameOf(path: string): string;
  /** Plugins that a file names and can't bring. */
  readonly needs?: readonly string[];
}

/** The settings but the model's as options for commander. */
export function settingOptions(): Option[] {
  return KEYS.map((key) => {
    const { flag, about, group } = SETTINGS[key];
    return new Option(flag, about).helpGroup(group);
  });
}

/** "--batch-size" of "batchSize". */
export function flagOf(key: string): string {
  return SETTINGS[key as Key].flag.split(" ")[0]!;
}

/** What a config file sets. */
export function layerOfFile({ path, config, needs }: ConfigFile): Layer {
  return { train: { ...config.train }, needs, nameOf: (key) => `${path}, "train.${key}"` };
}

/** What the command line sets. `options` are commander's, which also hold `--out` and others. */
export function layerOfOptions(
  options: Readonly<Record<string, unknown>>,
  factory: ModelFactory,
  flags: readonly ModelFlag[],
): Layer {
  const own = Object.entries(options).filter(([key]) => key === "model" || KEYS.some((k) => k === key));
  const table = Object.fromEntries(settable(factory));
  const modelOptions: Record<string, unknown> = {};
  for (const { name, options: forms } of flags) {
    const value = options[forms[0]!.attributeName()];
    if (value !== undefined) modelOptions[name] = typed(table[name]!, value);
  }
  return {
    train: { ...Object.fromEntries(own), modelOptions },
    nameOf(path) {
      const option = path.replace(/^modelOptions\./, "");
      if (option !== path) return flags.find(({ name }) => name === option)?.flag ?? option;
      return path.startsWith("model") ? "--model" : flagOf(path);
    },
  };
}

/** The model that the layers choose, the last of them first. */
export function modelOf(layers: readonly Layer[], registry: Registry): ModelFactory {
  const chosen = layers.filter(({ train }) => train.model !== undefined).at(-1);
  if (!chosen) return registry.models[0]!.part;
  return find(registry, "model", recipeOf(chosen).name, chosen);
}

/** Settings of all layers, later ones winning, each checked where it stands. Options of a model that a later layer replaces are dropped. */
export function settingsOf(layers: readonly Layer[], registry: Registry): TrainSettings {
  let settings: TrainSettings = { model: registry.models[0]!.name, modelOptions: {} };
  for (const layer of layers) {
    const { model, modelOptions, ...others } = layer.train;
    const recipe = recipeOf(layer, settings.model);
    const factory = find(registry, "model", recipe.name, layer);
    const before = recipe.name === settings.model ? settings.modelOptions : {};
    const options = checkModelOptions(factory, recipe.options, (name) =>
      layer.nameOf(`modelOptions.${name}`),
    );
    settings = {
      ...settings,
      ...readSettings(others, layer, registry),
      model: recipe.name,
      modelOptions: { ...before, ...options },
    };
  }
  return settings;
}

interface Recipe {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A layer's model: a name with options, or a recipe as code makes it, which holds both. */
function recipeOf({ train, nameOf }: Layer, otherwise = ""): Recipe {
  const { model, modelOptions = {} } = train;
  const where = nameOf("modelOptions");
  assert(isObject(modelOptions), "must be an object of options", { where, hint: "e.g. { filters: 8 }" });
  if (model === undefined) return { name: otherwise, options: modelOptions };
  if (typeof model === "string") return { name: text(model, nameOf("model")), options: modelOptions };
  const { name, config, create } = isObject(model) ? model : {};
  assert(
    typeof name === "string" && isObject(config) && typeof create === "function",
    "must be a model's name or a recipe",
    { where: nameOf("model"), hint: 'e.g. "mynet", or MyNet({ filters: 8 }), called' },
  );
  assert(Object.keys(modelOptions).length === 0, "the recipe has them already", {
    where,
    hint: "leave one out",
  });
  return { name, options: withoutData(config) };
}

/** What a layer names. A file that needs plugins which it can't bring says so. */
function find<K extends "model" | "backend" | "loss">(
  registry: Registry,
  kind: K,
  name: string,
  { nameOf, needs = [] }: Layer,
): ReturnType<Registry[K]> {
  const where = nameOf(kind);
  try {
    return registry[kind](name, { where }) as ReturnType<Registry[K]>;
  } catch (error) {
    if (needs.length === 0 || !MidashError.is(error)) throw error;
    throw new MidashError("not-found", `unknown ${kind} "${name}"`, {
      where,
      hint: `it comes with a plugin (${needs.join(", ")}): let a midash.config here, or the one that --config names, bring it in its plugins`,
      cause: error,
    });
  }
}

/** Checks values of unknown origin. */
function readSettings(
  given: Readonly<Record<string, unknown>>,
  layer: Layer,
  registry: Registry,
): Partial<TrainSettings> {
  const { nameOf } = layer;
  const read: Partial<Record<Key, unknown>> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    const known = KEYS.find((k) => k === key);
    if (!known)
      return fail("invalid-argument", "unknown setting", {
        where: nameOf(key),
        hint: orNearest(key, [...KEYS, "model", "modelOptions"]),
      });
    read[known] = SETTINGS[known].read(value, nameOf(key));
  }
  for (const kind of ["backend", "loss"] as const)
    if (read[kind] !== undefined) find(registry, kind, read[kind] as string, layer);
  return read as Partial<TrainSettings>;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
