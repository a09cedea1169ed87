import { assert, MidashError, orNearest } from "../../base/errors/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { Json, Loss, Optimizer } from "../../networks/learning/index.ts";
import type { ModelFactory, ModelSpec } from "../../networks/models/index.ts";
import type { Augmentation, BatchSourceType } from "../data/index.ts";
import { type Preparation, parsePreparation, type SamplerType, type StepType } from "../preparation/index.ts";
import { definePlugin, PLUGIN_PARTS, type Plugin } from "./plugin.ts";

type Kind = (typeof PLUGIN_PARTS)[number];
/** "model" of "models". */
const SINGULAR = {
  models: "model",
  backends: "backend",
  losses: "loss",
  optimizers: "optimizer",
  augmentations: "augmentation",
  batchSources: "batch source",
  formats: "format",
  steps: "step",
  samplers: "sampler",
} as const;

/** Who asks for a name. */
interface Asked {
  readonly where?: string;
  /** What helps when there is no such name. Default: the nearest name. */
  readonly hint?: string;
}

/** A part with the plugin that brought it. */
export interface Registered<T> {
  readonly name: string;
  readonly plugin: string;
  readonly part: T;
}

/** Finds parts by name among those of plugins. Holds no state beyond them. */
export class PartTable {
  readonly #parts: Readonly<Record<Kind, Map<string, Registered<unknown>>>> = {
    models: new Map(),
    backends: new Map(),
    losses: new Map(),
    optimizers: new Map(),
    augmentations: new Map(),
    batchSources: new Map(),
    formats: new Map(),
    steps: new Map(),
    samplers: new Map(),
  };

  /** @throws MidashError `invalid-argument` when two plugins, or two parts of one kind, have one name */
  constructor(plugins: readonly Plugin[]) {
    const seen = new Set<string>();
    for (const plugin of plugins.map((p) => definePlugin<Plugin>(p))) {
      if (seen.has(plugin.name))
        throw new MidashError("invalid-argument", `two plugins are called "${plugin.name}"`, {
          where: "plugins",
          hint: "name each once",
        });
      seen.add(plugin.name);
      for (const kind of PLUGIN_PARTS)
        for (const [name, part] of Object.entries<unknown>(plugin[kind] ?? {}))
          this.#add(kind, { name, plugin: plugin.name, part });
    }
  }

  /**
   * @param options.where who says the name, to begin the error with: "--model"
   * @throws MidashError `not-found` with the nearest name; so do the others
   */
  model(name: string, options?: Asked): ModelFactory {
    return this.#get<ModelFactory>("models", name, options);
  }

  /** The recipe that a model file or a config names. @throws MidashError `not-found`, `invalid-argument` */
  spec(model: { readonly name: string; readonly config: Json }): ModelSpec {
    return this.model(model.name)(model.config as object);
  }

  /** A fresh backend by its name, at its defaults. @throws MidashError `not-found` */
  backend(name: string, options?: Asked): Backend {
    return this.#get<() => Backend>("backends", name, options)();
  }

  /**
   * A loss, at its defaults where no options are given.
   *
   * @throws MidashError `not-found`; `invalid-argument` for options that the loss does not name in its JSON
   */
  loss(name: string, { options, ...asked }: Asked & { readonly options?: object } = {}): Loss {
    const loss = this.#get<(options?: object) => Loss>("losses", name, asked)(options);
    return withKnown(loss, options, { ...asked, what: `the loss ${name}` });
  }

  /** @throws MidashError `not-found` */
  optimizer(name: string, options?: Asked): (options?: object) => Optimizer {
    return this.#get<(options?: object) => Optimizer>("optimizers", name, options);
  }

  /** What a model file says of the steps around its model. @throws MidashError `invalid-file`, for an unknown step too */
  preparation(json: unknown): Preparation {
    const steps = Object.fromEntries(this.steps.map(({ name, part }) => [name, part]));
    const samplers = this.samplers.map(({ part }) => part);
    return parsePreparation(json, { steps, samplers });
  }

  /** @throws MidashError `not-found`; its factory `invalid-argument` for options that the augmentation does not name in its JSON */
  augmentation(name: string, asked?: Asked): (options?: object) => Augmentation {
    const factory = this.#get<(options?: object) => Augmentation>("augmentations", name, asked);
    return (options) => withKnown(factory(options), options, { ...asked, what: `the augmentation ${name}` });
  }

  /** @throws MidashError `not-found` */
  batchSource(name: string, options?: Asked): BatchSourceType {
    return this.#get<BatchSourceType>("batchSources", name, options);
  }

  /** @throws MidashError `not-found` */
  sampler(name: string, options?: Asked): SamplerType {
    return this.#get<SamplerType>("samplers", name, options);
  }

  /** Names of all parts of a kind, the package's own first. */
  names(kind: Kind): readonly string[] {
    return [...this.#parts[kind].keys()];
  }

  /** All models, the package's own first. */
  get models(): readonly Registered<ModelFactory>[] {
    return this.#all("models");
  }

  /** All backends, the package's own first. */
  get backends(): readonly Registered<() => Backend>[] {
    return this.#all("backends");
  }

  /** All losses, the package's own first. */
  get losses(): readonly Registered<() => Loss>[] {
    return this.#all("losses");
  }

  /** All formats, for `decodeVolume` and `readVolume`. */
  get formats(): readonly VolumeFormat[] {
    return this.#all<VolumeFormat>("formats").map(({ part }) => part);
  }

  /** All types of steps, the package's own first. */
  get steps(): readonly Registered<StepType>[] {
    return this.#all("steps");
  }

  /** All kinds of samplers, the package's own first. */
  get samplers(): readonly Registered<SamplerType>[] {
    return this.#all("samplers");
  }

  #all<T>(kind: Kind): readonly Registered<T>[] {
    return [...this.#parts[kind].values()] as Registered<T>[];
  }

  #get<T>(kind: Kind, name: string, { where, hint }: Asked = {}): T {
    const found = this.#parts[kind].get(name);
    if (found) return found.part as T;
    const known = [...this.#parts[kind].keys()];
    const near = orNearest(name, known);
    throw new MidashError("not-found", `unknown ${SINGULAR[kind]} "${name}"`, {
      where,
      hint:
        hint ??
        (near.startsWith("did")
          ? near
          : `${near}; others come with plugins, which a midash.config.ts or the option "plugins" names`),
    });
  }

  #add(kind: Kind, entry: Registered<unknown>): void {
    const before = this.#parts[kind].get(entry.name);
    if (before)
      throw new MidashError(
        "invalid-argument",
        `the plugins "${before.plugin}" and "${entry.plugin}" both bring a ${SINGULAR[kind]} called "${entry.name}"`,
        { where: "plugins", hint: "leave one of them out, or rename one's" },
      );
    this.#parts[kind].set(entry.name, entry);
  }
}

/** A part that was made with options, all of which it names in its JSON. */
function withKnown<T extends Loss | Augmentation>(
  part: T,
  options: object | undefined,
  { where, what }: Asked & { readonly what: string },
): T {
  const { name: _, ...known } = part.toJSON() as Readonly<Record<string, Json>>;
  for (const option of Object.keys(options ?? {}))
    assert(Object.hasOwn(known, option), `${what} has no option "${option}"`, {
      where,
      hint: orNearest(option, Object.keys(known)),
    });
  return part;
}
