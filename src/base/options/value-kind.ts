import { fail, orNearest } from "../errors/index.ts";

/** Which values are accepted, and how text is read as one: of an option in a table, or of a flag that stands alone. */
export interface ValueKind<T> {
  readonly type: "integer" | "number" | "boolean" | "choice" | "text" | "list" | "texts";
  /** What is accepted, in words: "a whole number from 1 to 8". */
  readonly accepts: string;
  /** The values of a `choice`. `undefined` is spelled out for users' projects with exactOptionalPropertyTypes. */
  readonly values?: readonly T[] | undefined;
  /** Whether a value of unknown origin is one. */
  is(value: unknown): value is T;
  /**
   * A value of unknown origin: text as a command line gives it, or what stands in a config.
   *
   * @param where what errors call it: "--batch-size"
   * @throws MidashError `invalid-argument`
   */
  read(value: unknown, where: string): T;
}

/** Bounds of numbers. */
export interface Range {
  /** Both bounds belong to the range. Default: none. */
  readonly min?: number;
  readonly max?: number;
  /** A lower bound that does not belong to the range, in place of `min`. */
  readonly above?: number;
}

interface Tuples<T> {
  readonly 2: readonly [T, T];
  readonly 3: readonly [T, T, T];
}

/** Kinds of values. Text is read as numbers are written, lists with commas between their values. */
export const valueKinds = {
  integer(range: Range = {}): ValueKind<number> {
    return numeric("integer", range);
  },
  number(range: Range = {}): ValueKind<number> {
    return numeric("number", range);
  },
  boolean(): ValueKind<boolean> {
    return kind("boolean", "true or false", (value) => typeof value === "boolean");
  },
  choice<const T extends string | number>(values: readonly T[]): ValueKind<T> {
    const is = (value: unknown) => values.some((known) => known === value);
    const parse = (text: string) => values.find((known) => String(known) === text) ?? text;
    const hint = (shown: string) => {
      const near = orNearest(shown.replaceAll('"', ""), values.map(String));
      return near.startsWith("did") ? near : undefined;
    };
    return { ...kind<T>("choice", `one of ${values.join(", ")}`, is, { parse, hint }), values };
  },
  text(): ValueKind<string> {
    return kind("text", "text", (value) => typeof value === "string");
  },
  /** Texts without commas, none of them empty. */
  texts(): ValueKind<readonly string[]> {
    const is = (value: unknown) =>
      Array.isArray(value) && value.every((v) => typeof v === "string" && v !== "" && !v.includes(","));
    const parse = (text: string) => (text === "" ? [] : text.split(",").map((each) => each.trim()));
    return kind("texts", "a list of texts without commas", is, { parse });
  },
  /** One value or more. */
  list<T>(each: ValueKind<T>): ValueKind<readonly T[]> {
    const is = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(each.is);
    return kind("list", `a list, each ${each.accepts}`, is, { parse: (text) => parts(text, ",", each) });
  },
  /** So many values, or as many as one of several numbers says. */
  tuple<T, const N extends 2 | 3>(
    length: N | readonly N[],
    each: ValueKind<T>,
    separator: "," | "x" = ",",
  ): ValueKind<Tuples<T>[N]> {
    const lengths: readonly number[] = [length].flat();
    const accepts = `${lengths.join(" or ")} values joined by "${separator}", each ${each.accepts}`;
    const is = (value: unknown) =>
      Array.isArray(value) && lengths.includes(value.length) && value.every(each.is);
    return kind("list", accepts, is, { parse: (text) => parts(text, separator, each) });
  },
} as const;

function numeric(
  type: "integer" | "number",
  { above, min = above ?? Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Range,
): ValueKind<number> {
  const range = rangeText(min, max, above !== undefined);
  const fits = type === "integer" ? Number.isSafeInteger : Number.isFinite;
  const is = (v: unknown) => fits(v) && (v as number) >= min && (v as number) <= max && v !== above;
  return kind(type, `${type === "integer" ? "a whole number" : "a number"}${range}`, is, {
    parse: parseNumber,
  });
}

function rangeText(min: number, max: number, open: boolean): string {
  if (!Number.isFinite(min)) return Number.isFinite(max) ? `, ${max} or less` : "";
  if (open) return ` above ${min}${Number.isFinite(max) ? `, at most ${max}` : ""}`;
  return Number.isFinite(max) ? ` from ${min} to ${max}` : `, ${min} or more`;
}

/** What can't be read stays as it is, so that errors quote it. */
function parseNumber(text: string): unknown {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

/** The parts of a text, each read as far as it can be. */
function parts(text: string, separator: string, each: ValueKind<unknown>): unknown {
  return text.split(separator).map((part) => {
    const trimmed = part.trim();
    if (each.type === "integer" || each.type === "number") return parseNumber(trimmed);
    return trimmed;
  });
}

/** A kind of one's own. `parse` turns text into a value that `is` may then accept; `hint` helps with one that is refused. */
export function kind<T>(
  type: ValueKind<T>["type"],
  accepts: string,
  test: (value: unknown) => boolean,
  { parse = (text) => text, hint }: Reading = {},
): ValueKind<T> {
  const is = (value: unknown): value is T => test(value);
  return {
    type,
    accepts,
    is,
    read(value, where) {
      const read = typeof value === "string" ? parse(value) : value;
      if (is(read)) return read;
      const shown = JSON.stringify(read) ?? String(read);
      return fail("invalid-argument", `must be ${accepts}, got ${shown}`, { where, hint: hint?.(shown) });
    },
  };
}

interface Reading {
  readonly parse?: (text: string) => unknown;
  readonly hint?: (shown: string) => string | undefined;
}

/** The same with a further check when a value is read. `check` throws. */
export function refined<K extends ValueKind<unknown>>(
  of: K,
  check: (value: ReturnType<K["read"]>, where: string) => void,
): K {
  return {
    ...of,
    read(value, where) {
      const read = of.read(value, where) as ReturnType<K["read"]>;
      check(read, where);
      return read;
    },
  };
}
