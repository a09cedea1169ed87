import type { Option, OptionTable, OptionValues } from "../../base/options/index.ts";
import { kind, option } from "../../base/options/index.ts";
import type { Json } from "../../networks/learning/index.ts";
import type { NamedPart } from "../plugin/index.ts";

/** What training needs to know of an option besides its values. */
export interface TrainFacts {
  /** Under which heading the command line's help shows it. */
  readonly group: "Training:" | "Samples:" | "Data:" | "Phantom (DATA is the word phantom):";
  /** What the help calls its value: "a,b,c". Default: by the option's type. */
  readonly shown?: string;
  /** Whether its flag may be given several times: the texts are joined by commas. Default false. */
  readonly repeated?: boolean;
  /** Whether a run can go on only with the same value. A function where that depends on the other options. Default false. */
  readonly resume?: boolean | ((options: Readonly<Record<string, unknown>>) => boolean);
  /** Whether model files say it. Default false. */
  readonly provenance?: boolean;
  /** What it names, if it names a part: the command line finds it. */
  readonly names?: PartKind;
}

/** An option of training: a setting of a config, a flag of `midash train`, and mostly an option of the Trainer, under one name. */
export interface TrainOption<T> extends Option<T>, TrainFacts {}

/** Training options by name. */
// biome-ignore lint/suspicious/noExplicitAny: any option fits, see OptionTable.
export type TrainOptionTable = Readonly<Record<string, TrainOption<any>>>;

/** What configs name and the Trainer takes as values. All but `watches` are kinds of parts that a plugin may bring. */
export type PartKind =
  | "backends"
  | "losses"
  | "optimizers"
  | "schedules"
  | "augmentations"
  | "batchSources"
  | "samplers"
  | "watches";

/** The values of a table as a config gives them: each may be left out. */
export type GivenValues<T extends OptionTable> = {
  readonly [K in keyof T]?: Exclude<OptionValues<T>[K], undefined>;
};

/** Letters that multiply bytes. */
const UNITS = "KMGT";

/** Bytes: a number, or a text such as 512M or 2G. */
export const byteCount = kind<number>(
  "integer",
  "bytes: a number, or a text such as 512M or 2G",
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
  {
    parse(text) {
      const [, number, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*(?:([KMGT])i?)?B?\s*$/i.exec(text) ?? [];
      if (number === undefined) return text;
      return Math.round(Number(number) * 1024 ** (unit === "" ? 0 : UNITS.indexOf(unit.toUpperCase()) + 1));
    },
  },
);

interface Named {
  readonly about: string;
}

const isPart = (value: unknown) => {
  const name =
    typeof value === "object" && value !== null ? (value as { readonly name?: unknown }).name : value;
  return typeof name === "string" && name !== "";
};

/** Text that is JSON as what it says: a part with options of its own on a command line. */
function fromJson(text: string): unknown {
  try {
    return /^\s*[{[]/.test(text) ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

const part = kind<NamedPart>("text", 'a name, or { "name": "..." } with options', isPart, {
  parse: fromJson,
});

const parts = kind<readonly NamedPart[]>(
  "list",
  `a list, each ${part.accepts}`,
  (value) => Array.isArray(value) && value.length > 0 && value.every(isPart),
  {
    parse(text) {
      const read = fromJson(text);
      return read === text ? text.split(",").map((each) => each.trim()) : [read].flat();
    },
  },
);

/** The name of a part. */
export function partOption({ about }: Named): Option<NamedPart | undefined> {
  return option.of(part, { about });
}

/** Names of parts, joined by commas on a command line. */
export function partsOption({ about }: Named): Option<readonly NamedPart[] | undefined> {
  return option.of(parts, { about });
}

/** The values of those options that resuming compares, or that model files tell, as JSON. */
export function recordedOptions(
  table: TrainOptionTable,
  options: Readonly<Record<string, unknown>>,
  by: "resume" | "provenance",
): { readonly [name: string]: Json } {
  const chosen = Object.entries(table).filter(([, { [by]: rule = false }]) =>
    typeof rule === "function" ? rule(options) : rule,
  );
  return Object.fromEntries(chosen.map(([name]) => [name, asJson(options[name])]));
}

/** A value as data: what has `toJSON` by that, else what has a name by its name. Unset is null. */
function asJson(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object") return value as Json;
  const { toJSON, name } = value as { readonly toJSON?: () => Json; readonly name?: unknown };
  if (typeof toJSON === "function") return toJSON.call(value);
  if (typeof name === "string") return name;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asJson(each)]));
}
