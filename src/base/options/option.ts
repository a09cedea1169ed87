import { assert } from "../errors/index.ts";

/**
 * One option of a model, as data: what it does, its default, what it accepts. Command lines, configs, `midash models`
 * and types are all made from it. Make one with {@link option}.
 */
export interface Option<T> {
  /** How a command line reads it: `choice` and `text` as they stand, numbers as numbers, `list` as numbers and `texts` as texts joined by commas. */
  readonly type: "integer" | "number" | "boolean" | "choice" | "text" | "list" | "texts";
  readonly default: T;
  /** What it does, and why the default is what it is. One line. */
  readonly about: string;
  /** What it accepts, in words: "a whole number from 1 to 8". */
  readonly accepts: string;
  /** The values of a `choice`. */
  readonly values?: readonly T[];
  /** Whether a value of unknown origin is one. */
  is(value: unknown): value is T;
}

/** Options by name. */
// biome-ignore lint/suspicious/noExplicitAny: any option fits; unknown would not, as `is` is a type guard.
export type OptionTable = Readonly<Record<string, Option<any>>>;

/** The values that a table describes, each set. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never;
};

/** Default and description, which every option has. */
interface Common<T> {
  readonly default: T;
  readonly about: string;
}

interface Range {
  /** Both bounds belong to the range. Default: none. */
  readonly min?: number;
  readonly max?: number;
}

/**
 * Makes the entries of an option table.
 *
 * @example
 * const options = {
 *   filters: option.integer({ default: 16, min: 1, about: "channels at full resolution" }),
 *   norm: option.choice(["instance", "batch"], { default: "instance", about: "instance norm suits small batches" }),
 * };
 */
export const option = {
  /** A whole number. */
  integer(given: Common<number> & Range): Option<number> {
    return numeric("integer", given);
  },
  /** A finite number. */
  number(given: Common<number> & Range): Option<number> {
    return numeric("number", given);
  },
  /** On or off. */
  boolean(given: Common<boolean>): Option<boolean> {
    return make("boolean", given, "true or false", (value) => typeof value === "boolean");
  },
  /** One of a few texts or numbers. */
  choice<const T extends string | number>(
    values: readonly T[],
    given: { readonly default: NoInfer<T>; readonly about: string },
  ): Option<T> {
    const accepts = `one of ${values.join(", ")}`;
    const is = (value: unknown) => values.some((v) => v === value);
    return { ...make<T>("choice", given, accepts, is), values };
  },
  /** Free text. */
  text(given: Common<string>): Option<string> {
    return make("text", given, "text", (value) => typeof value === "string");
  },
  /** Texts in a row, e.g. names of classes; none may be empty, or hold a comma. May be empty itself. */
  texts(given: Common<readonly string[]>): Option<readonly string[]> {
    const is = (value: unknown) =>
      Array.isArray(value) && value.every((v) => typeof v === "string" && v !== "" && !v.includes(","));
    return make("texts", given, "a list of texts without commas", is);
  },
  /** Whole numbers in a row, e.g. channels of each level. At least one. */
  list(given: Common<readonly number[]> & Range): Option<readonly number[]> {
    const each = numeric("integer", { ...given, default: given.default[0] ?? 0 });
    const is = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(each.is);
    return make("list", given, `a list, each ${each.accepts}`, is);
  },
} as const;

function numeric(type: "integer" | "number", given: Common<number> & Range): Option<number> {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = given;
  const kind = type === "integer" ? "a whole number" : "a number";
  const range = Number.isFinite(max)
    ? Number.isFinite(min)
      ? ` from ${min} to ${max}`
      : `, ${max} or less`
    : Number.isFinite(min)
      ? `, ${min} or more`
      : "";
  const fits = type === "integer" ? Number.isSafeInteger : Number.isFinite;
  return make(type, given, kind + range, (v) => fits(v) && (v as number) >= min && (v as number) <= max);
}

function make<T>(
  type: Option<T>["type"],
  given: Common<T>,
  accepts: string,
  test: (value: unknown) => boolean,
): Option<T> {
  const is = (value: unknown): value is T => test(value);
  assert(is(given.default), `the default ${JSON.stringify(given.default)} is not ${accepts}`, {
    where: "option",
  });
  return { type, default: given.default, about: given.about, accepts, is };
}
