import type { NamedPart, Registry } from "../../road/plugin/index.ts";
import {
  type PartKind,
  TRAINER_OPTIONS,
  type TrainerOptions,
  type TrainOptionTable,
} from "../../road/training/index.ts";
import { longFlag } from "./long-flag.ts";
import { WATCHES, watchNamed } from "./watches.ts";

/** How a part is looked up: who names it, and what else helps when there is none of the name. */
export interface Asked {
  readonly where: string;
  readonly hint?: string;
}

/** Parts that a config names, each from its name and its options. */
const FIND = {
  backends: (registry: Registry, name: string, _options: object, asked: Asked) =>
    registry.backend(name, asked),
  losses: (registry: Registry, name: string, options: object, asked: Asked) =>
    registry.loss(name, { ...asked, options }),
  optimizers: (registry: Registry, name: string, options: object, asked: Asked) =>
    registry.optimizer(name, { ...asked, options }),
  schedules: (registry: Registry, name: string, options: object, asked: Asked) =>
    registry.schedule(name, { ...asked, options }),
  augmentations: (registry: Registry, name: string, options: object, asked: Asked) =>
    registry.augmentation(name, { ...asked, options }),
  batchSources: (registry: Registry, name: string, _options: object, asked: Asked) =>
    registry.batchSource(name, asked),
  samplers: (registry: Registry, name: string, _options: object, asked: Asked) =>
    registry.sampler(name, asked),
  watches: (_registry: Registry, name: string, _options: object, { where }: Asked) => watchNamed(name, where),
} as const;

/** @throws MidashError `not-found`, or what the part says of its options */
function findPart<K extends PartKind>(
  registry: Registry,
  kind: K,
  part: NamedPart,
  asked: Asked,
): ReturnType<(typeof FIND)[K]> {
  const { name, ...options } = typeof part === "string" ? { name: part } : part;
  return FIND[kind](registry, name, options, asked) as ReturnType<(typeof FIND)[K]>;
}

/** What help lists for an option that names a part. */
export function partNames(registry: Registry, kind: PartKind): readonly string[] {
  return kind === "watches" ? Object.keys(WATCHES) : registry.names(kind);
}

/** One part, or a list of them, as a setting names them. */
export function findParts(registry: Registry, kind: PartKind, given: unknown, asked: Asked): unknown {
  if (Array.isArray(given)) return given.map((part: NamedPart) => findPart(registry, kind, part, asked));
  return findPart(registry, kind, given as NamedPart, asked);
}

/** Settings as the Trainer takes them: plain values as they are, and the parts that others name. */
export function trainerValues(
  settings: Readonly<Record<string, unknown>>,
  registry: Registry,
  table: TrainOptionTable = TRAINER_OPTIONS,
): Partial<TrainerOptions> {
  const set = Object.entries(table).filter(([key]) => settings[key] !== undefined);
  const values = set.map(([key, { names }]) => {
    const given = settings[key];
    return [key, names ? findParts(registry, names, given, { where: longFlag(key) }) : given];
  });
  return Object.fromEntries(values) as Partial<TrainerOptions>; // each was read by the table that the type is made of
}
