import type { Option } from "commander";
import { assert, fail, MidashError, orNearest } from "../../../base/errors/index.ts";
import type { ModelFactory } from "../../../networks/models/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import type { Registry } from "../../../road/plugin/index.ts";
import { TRAIN_OPTIONS, type TrainOptionTable } from "../../../road/training/index.ts";
import { findParts, longFlag, partNames, type TrainSettings } from "../../runs/index.ts";
import type { ConfigFile } from "../io/config-file.ts";
import { flagOptions } from "./flag-options.ts";
import { type ModelFlag, readModelOptions, withoutData } from "./model-options.ts";

/** Settings from one place, not yet checked. */
export interface Layer {
  readonly train: Readonly<Record<string, unknown>>;
  /** How errors call the setting of a key, or of a path like "modelOptions.filters". */
  nameOf(path: string): string;
  /** Plugins that a file names and can't bring. */
  readonly needs?: readonly string[];
}

/** The settings but the model's as options for commander. Where a registry is given, help lists the parts that can be named. */
export function settingOptions(registry?: Registry, table: TrainOptionTable = TRAIN_OPTIONS): Option[] {
  return Object.entries(table).flatMap(([key, option]) => {
    const { names, group, type, about } = option;
    const known = names && registry && partNames(registry, names).join(", ");
    const shown = option.shown ?? (names && (type === "list" ? "name,..." : "name"));
    return flagOptions(longFlag(key), known ? { ...option, about: `${about}; there are ${known}` } : option, {
      group,
      shown,
      repeated: option.repeated ?? false,
    });
  });
}

/** What a config file sets. */
export function layerOfFile({ path, config, needs }: ConfigFile): Layer {
  return { train: { ...config.train }, needs, nameOf: (key) => `${path}, "train.${key}"` };
}

/** What a model's file says that is a setting; the rest of it is the Trainer's to take over. */
export function layerOfModel(path: string, { model, preparation, background }: ModelBundle): Layer {
  const { inputs, steps, sampler } = preparation;
  const { type, ...options } = sampler as { readonly type: string };
  const names = (wanted: (input: (typeof inputs)[number]) => boolean) =>
    inputs.filter(wanted).map(({ name }) => name);
  const optional = names((input) => input.optional === true);
  return {
    train: {
      model: model.name,
      modelOptions: withoutData(model.config as Readonly<Record<string, unknown>>),
      inputs: names(() => true),
      ...(optional.length > 0 ? { optionalInputs: optional } : {}),
      sampler: { name: type, ...options },
      spacing: steps.find((step) => step.type === "spacing")?.spacing,
      outside: background.outside,
    },
    nameOf: (key) => `${path}, its ${key.replace(/^modelOptions\./, "option ")}`,
  };
}

/** What the command line sets. `options` are commander's, which also hold `--out` and others. */
export function layerOfOptions(
  options: Readonly<Record<string, unknown>>,
  flags: readonly ModelFlag[],
): Layer {
  const own = Object.entries(options).filter(([key]) => key === "model" || Object.hasOwn(TRAIN_OPTIONS, key));
  const modelOptions: Record<string, unknown> = {};
  for (const { name, options: forms } of flags) {
    const value = options[forms[0]!.attributeName()];
    if (value !== undefined) modelOptions[name] = value;
  }
  return {
    train: { ...Object.fromEntries(own), modelOptions },
    nameOf(path) {
      const option = path.replace(/^modelOptions\./, "");
      if (option !== path) return flags.find(({ name }) => name === option)?.flag ?? option;
      return path.startsWith("model") ? "--model" : longFlag(path);
    },
  };
}

/** The model that the layers choose, the last of them first. */
export function modelOf(layers: readonly Layer[], registry: Registry): ModelFactory {
  const chosen = layers.filter(({ train }) => train.model !== undefined).at(-1);
  if (!chosen) return registry.models[0]!.part;
  return modelNamed(registry, recipeOf(chosen).name, chosen);
}

/** Settings of all layers, later ones winning, each checked where it stands. Options of a model that a later layer replaces are dropped. */
export function settingsOf(layers: readonly Layer[], registry: Registry): TrainSettings {
  let settings: TrainSettings = { model: registry.models[0]!.name, modelOptions: {} };
  for (const layer of layers) {
    const { model, modelOptions, ...others } = layer.train;
    const recipe = recipeOf(layer, settings.model);
    const factory = modelNamed(registry, recipe.name, layer);
    const before = recipe.name === settings.model ? settings.modelOptions : {};
    const options = readModelOptions(factory, recipe.options, (name) => layer.nameOf(`modelOptions.${name}`));
    settings = {
      ...settings,
      ...readSettings(others, layer, registry),
      model: recipe.name,
      modelOptions: { ...before, ...options },
    };
  }
  return settings;
}

/** The error as it is, but where it is about a setting that stands in a file: then of that place, and not of a flag that nobody typed. */
export function whereItStands(error: unknown, layers: readonly Layer[]): unknown {
  const option = MidashError.is(error) ? error.subject?.option : undefined;
  if (!MidashError.is(error) || option === undefined) return error;
  const paths = [option, `modelOptions.${option}`];
  for (const { train, nameOf } of [...layers].reverse()) {
    const set = { ...train, ...prefixed("modelOptions.", train.modelOptions) };
    const path = paths.find((one) => (set as Readonly<Record<string, unknown>>)[one] !== undefined);
    if (path !== undefined) {
      const { kind, what, hint, offset } = error.toJSON();
      return new MidashError(kind, what, { where: nameOf(path), hint, offset, cause: error });
    }
  }
  return error;
}

function prefixed(prefix: string, values: unknown): Readonly<Record<string, unknown>> {
  const entries = Object.entries(isObject(values) ? values : {});
  return Object.fromEntries(entries.map(([name, value]) => [prefix + name, value]));
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
  if (typeof model === "string") return { name: model, options: modelOptions };
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

function modelNamed(registry: Registry, name: string, layer: Layer): ModelFactory {
  return registry.model(name, { where: layer.nameOf("model"), hint: missingPlugin(layer) });
}

/** A file that needs plugins which it can't bring says so. */
function missingPlugin({ needs = [] }: Layer): string | undefined {
  if (needs.length === 0) return undefined;
  return `it comes with a plugin (${needs.join(", ")}): let a midash.config here, or the one that --config names, bring it in its plugins`;
}

/**
 * Reads values of unknown origin, and looks up the parts that they name.
 *
 * @throws MidashError `invalid-argument`, `not-found`
 */
export function readSettings(
  given: Readonly<Record<string, unknown>>,
  layer: Layer,
  registry: Registry,
  table: TrainOptionTable = TRAIN_OPTIONS,
): Partial<TrainSettings> {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    const where = layer.nameOf(key);
    const option = Object.hasOwn(table, key) ? table[key] : undefined;
    if (!option)
      return fail("invalid-argument", "unknown setting", {
        where,
        hint: orNearest(key, [...Object.keys(table), "model", "modelOptions"]),
      });
    read[key] = option.read(value, where);
    if (option.names) findParts(registry, option.names, read[key], { where, hint: missingPlugin(layer) });
  }
  return read as Partial<TrainSettings>;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
