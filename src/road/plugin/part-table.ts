import { MidashError, orNearest, type Where } from "../../base/errors/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import type { Backend } from "../../networks/backends/index.ts";
import type { ModelFactory, ModelSpec, NamedSpec } from "../../networks/models/index.ts";
import { type Preparation, parsePreparation, type SamplerType, type StepType } from "../preparation/index.ts";
import { definePlugin, PLUGIN_PARTS, type Plugin } from "./plugin.ts";

/** A kind of parts. */
export type Kind = (typeof PLUGIN_PARTS)[number];
/** "model" of "models", "batch source" of "batchSources". */
const singular = (kind: Kind): string =>
  kind.replace(/(ss)es$|s$/, "$1").replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`);

/** Who asks for a name. */
export interface Asked {
  readonly where?: Where;
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
  readonly #parts = Object.fromEntries(
    PLUGIN_PARTS.map((kind) => [kind, new Map<string, Registered<unknown>>()]),
  ) as Readonly<Record<Kind, Map<string, Registered<unknown>>>>;

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
    return this.get<ModelFactory>("models", name, options);
  }

  /** The recipe that a model file or a config names. @throws MidashError `not-found`, `invalid-argument` */
  spec(model: NamedSpec): ModelSpec {
    return this.model(model.name)(model.config as object, (member) => this.spec(member));
  }

  /** A fresh backend by its name, at its defaults. @throws MidashError `not-found` */
  backend(name: string, options?: Asked): Backend {
    return this.get<() => Backend>("backends", name, options)();
  }

  /** What a model file says of the steps around its model. @throws MidashError `invalid-file`, for an unknown step too */
  preparation(json: unknown): Preparation {
    const steps = Object.fromEntries(this.steps.map(({ name, part }) => [name, part]));
    const samplers = this.all<SamplerType>("samplers").map(({ part }) => part);
    return parsePreparation(json, { steps, samplers });
  }

  /** Names of all parts of a kind, the package's own first. */
  names(kind: Kind): readonly string[] {
    return [...this.#parts[kind].keys()];
  }

  /** All models, the package's own first. */
  get models(): readonly Registered<ModelFactory>[] {
    return this.all("models");
  }

  /** All backends, the package's own first. */
  get backends(): readonly Registered<() => Backend>[] {
    return this.all("backends");
  }

  /** All formats, for `decodeVolume` and `readVolume`. */
  get formats(): readonly VolumeFormat[] {
    return this.all<VolumeFormat>("formats").map(({ part }) => part);
  }

  /** All types of steps, the package's own first. */
  get steps(): readonly Registered<StepType>[] {
    return this.all("steps");
  }

  /** All parts of a kind, the package's own first. */
  protected all<T>(kind: Kind): readonly Registered<T>[] {
    return [...this.#parts[kind].values()] as Registered<T>[];
  }

  /** A part by its name. @throws MidashError `not-found` */
  protected get<T>(kind: Kind, name: string, { where, hint }: Asked = {}): T {
    const found = this.#parts[kind].get(name);
    if (found) return found.part as T;
    const known = [...this.#parts[kind].keys()];
    const near = orNearest(name, known);
    throw new MidashError("not-found", `unknown ${singular(kind)} "${name}"`, {
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
        `the plugins "${before.plugin}" and "${entry.plugin}" both bring a ${singular(kind)} called "${entry.name}"`,
        { where: "plugins", hint: "leave one of them out, or rename one's" },
      );
    this.#parts[kind].set(entry.name, entry);
  }
}
