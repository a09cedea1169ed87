import { assert } from "../../base/errors/index.ts";
import { type OptionTable, type OptionValues, resolveOptions } from "../../base/options/index.ts";
import type { Json } from "../learning/index.ts";
import type { Model, ModelSpec } from "./model.ts";

/** What {@link defineModel} takes. */
export interface ModelDefinition<T extends OptionTable = OptionTable, M extends Model = Model> {
  /**
   * The name in model files, configs and on the command line: lower case, digits, dashes. Never change it once files
   * exist; give it a prefix of your own when others may choose the same.
   */
  readonly name: string;
  /** What it is, in one line, with its source. */
  readonly about: string;
  /**
   * All that a user may set, with defaults and reasons. An option called `inChannels` is set by the command line to what
   * the data has.
   */
  readonly options: T;
  /** `false`: made from files alone, so lists of what can be trained leave it out. Default: true. */
  readonly trainable?: false;
  /**
   * The recipe for one set of options, each filled in and checked. Refuse here combinations that can't work.
   *
   * @param find for a model made of others: finds their recipes by name
   * @returns the {@link ModelSpec} but for its name and config
   */
  spec(config: OptionValues<T>, find?: FindSpec): Omit<ModelSpec<M>, "name" | "config">;
}

/** A recipe as model files hold it. */
export interface NamedSpec {
  readonly name: string;
  readonly config: Json;
}

/** Finds the recipe that a name and options stand for, as a Registry does. */
export type FindSpec = (named: NamedSpec) => ModelSpec;

/** Options as users give them: each may be left out. */
export type ModelConfig<T extends OptionTable> = Partial<OptionValues<T>>;

/**
 * Makes a {@link ModelSpec} from options: `UNet({ levels: 4 })`. It carries its definition, so that it can be listed,
 * and found by name in a Registry.
 */
export interface ModelFactory<T extends OptionTable = OptionTable, M extends Model = Model> {
  /** @param find for models made of others, by whoever knows them by name: a Registry's `spec` */
  (config?: ModelConfig<T>, find?: FindSpec): ModelSpec<M>;
  readonly definition: Omit<ModelDefinition<T>, "spec">;
}

/**
 * Defines a network of one's own. The result is called with options and gives the recipe that `Trainer` takes.
 *
 * @example
 * export const MyNet = defineModel({
 *   name: "mynet",
 *   about: "one convolution",
 *   options: { filters: option.integer({ default: 16, min: 1, about: "channels" }) },
 *   spec: (config) => ({
 *     input: { channels: 1, dims: 2, multipleOf: 1 },
 *     outputs: [{ kind: "ct", name: "ct" }],
 *     create: (session, { random, weights }) => session.run(() => new MyModel(session, config, random, weights)),
 *   }),
 * });
 * const trainer = new Trainer({ model: MyNet({ filters: 8 }), backend: wasm() });
 *
 * @throws MidashError `invalid-argument` here for a name that is none; from the factory for unknown or impossible options
 */
export function defineModel<const T extends OptionTable, M extends Model>(
  definition: ModelDefinition<T, M>,
): ModelFactory<T, M> {
  const { name, about, options, trainable } = definition;
  assert(
    typeof name === "string" && /^[a-z][a-z0-9-]*$/.test(name),
    `name must be lower-case letters, digits and dashes, got ${JSON.stringify(name)}`,
    { where: "defineModel", hint: 'e.g. "my-net"' },
  );
  const factory = (config: ModelConfig<T> = {}, find?: FindSpec): ModelSpec<M> => {
    const resolved = resolveOptions(options, config, name);
    return { name, config: resolved as unknown as Json, ...definition.spec(resolved, find) };
  };
  const described = { name, about, options, ...(trainable === false ? { trainable } : {}) };
  return Object.assign(factory, { definition: described });
}
