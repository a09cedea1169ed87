import { assert, orNearest } from "../../base/errors/index.ts";
import type { Json, Loss, Optimizer, Schedule } from "../../networks/learning/index.ts";
import type { Augmentation, BatchSourceType } from "../data/index.ts";
import type { SamplerType } from "../preparation/index.ts";
import { builtin } from "./builtin.ts";
import { type Asked, type Kind, PartTable, type Registered } from "./part-table.ts";
import type { NamedPart, PartMaker, Plugin } from "./plugin.ts";

/** Who asks for a part, and the options that it is given. */
interface AskedWith extends Asked {
  readonly options?: object;
}

/**
 * Finds parts by name: those of the package and of the plugins given. Holds no state beyond them; make one where names come
 * in (a config, a model file, a command line) and pass it on.
 *
 * @example
 * const registry = new Registry([myPlugin]);
 * const spec = registry.model("mynet")({ filters: 8 });
 */
export class Registry extends PartTable {
  /** @throws MidashError `invalid-argument` when two plugins, or two parts of one kind, have one name */
  constructor(plugins: readonly Plugin[] = []) {
    super([builtin, ...plugins]);
  }

  /**
   * A loss, at its defaults where no options are given.
   *
   * @throws MidashError `not-found`; `invalid-argument` for options that the loss does not name in its JSON. So do optimizers, schedules and augmentations
   */
  loss(name: string, asked?: AskedWith): Loss {
    return this.#make("losses", "loss", name, asked);
  }

  /** An optimizer, at its defaults where no options are given. */
  optimizer(name: string, asked?: AskedWith): Optimizer {
    return this.#make("optimizers", "optimizer", name, asked);
  }

  /** A schedule of the learning rate, at its defaults where no options are given. */
  schedule(name: string, asked?: AskedWith): Schedule {
    return this.#make("schedules", "schedule", name, asked);
  }

  /** An augmentation, at its defaults where no options are given. */
  augmentation(name: string, asked?: AskedWith): Augmentation {
    return this.#make("augmentations", "augmentation", name, asked);
  }

  /** @throws MidashError `not-found` */
  batchSource(name: string, options?: Asked): BatchSourceType {
    return this.get<BatchSourceType>("batchSources", name, options);
  }

  /** @throws MidashError `not-found` */
  sampler(name: string, options?: Asked): SamplerType {
    return this.get<SamplerType>("samplers", name, options);
  }

  /** All losses, the package's own first. */
  get losses(): readonly Registered<() => Loss>[] {
    return this.all("losses");
  }

  /** All kinds of samplers, the package's own first. */
  get samplers(): readonly Registered<SamplerType>[] {
    return this.all("samplers");
  }

  #make<T extends { toJSON(): Json }>(
    kind: Kind,
    called: string,
    name: string,
    { options, ...asked }: AskedWith = {},
  ): T {
    const by = (named: NamedPart) => {
      const { name: inner, ...own } = typeof named === "string" ? { name: named } : named;
      return [inner, { ...asked, options: own }] as const;
    };
    const make: PartMaker = {
      loss: (part) => this.loss(...by(part)),
      schedule: (part) => this.schedule(...by(part)),
    };
    const made = this.get<(options: object | undefined, make: PartMaker) => T>(
      kind,
      name,
      asked,
    )(options, make);
    const { name: _, ...known } = made.toJSON() as Readonly<Record<string, Json>>;
    for (const option of Object.keys(options ?? {}))
      assert(Object.hasOwn(known, option), `the ${called} ${name} has no option "${option}"`, {
        where: asked.where,
        hint: orNearest(option, Object.keys(known)),
      });
    return made;
  }
}
