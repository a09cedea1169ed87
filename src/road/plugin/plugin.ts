import { assert } from "../../base/errors/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { Json, Loss, Optimizer, Schedule } from "../../networks/learning/index.ts";
import type { ModelFactory } from "../../networks/models/index.ts";
import type { Augmentation, BatchSourceType } from "../data/index.ts";
import type { SamplerType, StepType } from "../preparation/index.ts";

/** A part as a config gives it: its name, or with options of its own: `{ name: "dropInputs", share: 0.5 }`. */
export type NamedPart = string | { readonly name: string; readonly [option: string]: Json };

/** Makes parts that others are made of, from what a config says of them. */
export interface PartMaker {
  /** A loss by its name, or by name and options. */
  loss(part: NamedPart): Loss;
  /** A schedule likewise. */
  schedule(part: NamedPart): Schedule;
}

/**
 * What a package adds: parts by the names that configs, model files and the command line use. All but the name may be
 * absent; more kinds of parts may come, so unknown ones are refused.
 */
export interface Plugin {
  /** The package's name, for errors and lists. */
  readonly name: string;
  /** Made by `defineModel`; each under its own name. */
  readonly models?: Readonly<Record<string, ModelFactory>>;
  /** Each gives the backend at its defaults. */
  readonly backends?: Readonly<Record<string, () => Backend>>;
  /** Each makes the loss with options; `make` makes those that it is made of. */
  readonly losses?: Readonly<Record<string, (options: object | undefined, make: PartMaker) => Loss>>;
  /** Each makes the optimizer with options. */
  readonly optimizers?: Readonly<Record<string, (options?: object) => Optimizer>>;
  /** Each makes the schedule of the learning rate with options; `make` makes those that it is made of. */
  readonly schedules?: Readonly<Record<string, (options: object | undefined, make: PartMaker) => Schedule>>;
  /** Each makes the augmentation with options. */
  readonly augmentations?: Readonly<Record<string, (options?: object) => Augmentation>>;
  readonly batchSources?: Readonly<Record<string, BatchSourceType>>;
  readonly formats?: Readonly<Record<string, VolumeFormat>>;
  /** Kinds of steps of a preparation; each under its own type. */
  readonly steps?: Readonly<Record<string, StepType>>;
  /** Kinds of samplers of a preparation; each under its own type. */
  readonly samplers?: Readonly<Record<string, SamplerType>>;
}

/** The kinds of parts that a plugin can bring. */
export const PLUGIN_PARTS = [
  "models",
  "backends",
  "losses",
  "optimizers",
  "schedules",
  "augmentations",
  "batchSources",
  "formats",
  "steps",
  "samplers",
] as const;

/**
 * Checks a plugin and gives it back. What a plugin package exports by default.
 *
 * @example
 * export default definePlugin({ name: "midash-plugin-mynet", models: { mynet: MyNet } });
 *
 * @throws MidashError `invalid-argument` naming the plugin and the part that is wrong
 */
export function definePlugin<const P extends Plugin>(plugin: P): P {
  assert(typeof plugin?.name === "string" && plugin.name !== "", "a plugin needs a name", {
    where: { call: "definePlugin" },
    hint: "usually that of its package",
  });
  const where = `plugin "${plugin.name}"`;
  const known: readonly string[] = ["name", ...PLUGIN_PARTS];
  for (const key of Object.keys(plugin))
    assert(known.includes(key), `unknown part "${key}"`, {
      where,
      hint: `parts are ${PLUGIN_PARTS.join(", ")}`,
    });
  for (const kind of PLUGIN_PARTS)
    for (const [name, part] of Object.entries<unknown>(plugin[kind] ?? {}))
      assertPart(kind, name, part, where);
  return plugin;
}

function assertPart(kind: (typeof PLUGIN_PARTS)[number], name: string, part: unknown, where: string): void {
  if (kind === "models") {
    const own = (part as Partial<ModelFactory>)?.definition?.name;
    assert(own !== undefined, `models.${name} is no model factory`, {
      where,
      hint: "make it by defineModel",
    });
    assert(own === name, `models.${name} calls itself "${own}"`, { where, hint: "use one name" });
  } else if (kind === "formats" || kind === "batchSources") {
    const own = (part as Partial<VolumeFormat | BatchSourceType>)?.name;
    assert(own === name, `${kind}.${name} calls itself ${JSON.stringify(own)}`, {
      where,
      hint: "use one name",
    });
  } else if (kind === "steps" || kind === "samplers") {
    const { type, parse } = (part ?? {}) as Partial<StepType>;
    assert(typeof parse === "function", `${kind}.${name} can't be parsed`, {
      where,
      hint: "give { type, parse(json) }",
    });
    const { create, options, dims } = (part ?? {}) as Partial<SamplerType>;
    assert(
      kind === "steps" ||
        (typeof create === "function" && Array.isArray(options) && (dims === 2 || dims === 3)),
      `samplers.${name} can't be made from options`,
      { where, hint: "give { type, dims, options, create(options), parse(json) }" },
    );
    assert(type === name, `${kind}.${name} calls itself ${JSON.stringify(type)}`, {
      where,
      hint: "use one name",
    });
  } else assert(typeof part === "function", `${kind}.${name} must be a function`, { where });
}
