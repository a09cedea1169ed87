import { assert, fail, orNearest } from "../../../base/errors/index.ts";

/** Turns what the command line (text) or a config (JSON) says into a value; `where` names the option in errors. */
export type Reader<T> = (value: unknown, where: string) => T;

export const text: Reader<string> = (value, where) => {
  assert(typeof value === "string" && value !== "", `must be text, got ${show(value)}`, { where });
  return value;
};

/** A finite number between bounds, both included. */
export function number(low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY): Reader<number> {
  return (value, where) => {
    const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    const range =
      high === Number.POSITIVE_INFINITY ? (low === 0 ? ", 0 or more" : "") : ` from ${low} to ${high}`;
    if (typeof read === "number" && Number.isFinite(read) && read >= low && read <= high) return read;
    return fail("invalid-argument", `must be a number${range}, got ${show(value)}`, { where });
  };
}

export const aboveZero: Reader<number> = (value, where) => {
  const read = number(0)(value, where);
  assert(read > 0, `must be above 0, got ${show(value)}`, { where });
  return read;
};

export function integer(low: number, high = Number.POSITIVE_INFINITY): Reader<number> {
  return (value, where) => {
    const read = number()(value, where);
    const range = high === Number.POSITIVE_INFINITY ? `, ${low} or more` : ` from ${low} to ${high}`;
    assert(
      Number.isSafeInteger(read) && read >= low && read <= high,
      `must be a whole number${range}, got ${show(value)}`,
      { where },
    );
    return read;
  };
}

export function oneOf<T extends string>(...names: readonly T[]): Reader<T> {
  return (value, where) => {
    const found = names.find((name) => name === value);
    return (
      found ??
      fail("invalid-argument", `unknown ${show(value)}`, { where, hint: orNearest(String(value), names) })
    );
  };
}

export const yes: Reader<boolean> = (value, where) => {
  assert(typeof value === "boolean", `must be true or false, got ${show(value)}`, { where });
  return value;
};

/** Several values: an array in a config, `a,b` (or `axb`) on the command line. */
export function list<T>(each: Reader<T>): Reader<readonly T[]> {
  return (value, where) => {
    const parts = typeof value === "string" ? value.split(",") : value;
    if (!Array.isArray(parts))
      return fail("invalid-argument", `must be values joined by ",", got ${show(value)}`, { where });
    return parts.map((part) => each(typeof part === "string" ? part.trim() : part, where));
  };
}

interface Tuples<T> {
  readonly 2: readonly [T, T];
  readonly 3: readonly [T, T, T];
}

/** So many values. */
export function tuple<T, const N extends 2 | 3>(
  each: Reader<T>,
  length: N,
  separator: "," | "x" = ",",
): Reader<Tuples<T>[N]> {
  return (value, where) => {
    const parts: unknown = typeof value === "string" ? value.split(separator) : value;
    assert(
      Array.isArray(parts) && parts.length === length,
      `must be ${length} values joined by "${separator}", got ${show(value)}`,
      { where },
    );
    return list(each)(parts, where) as unknown as Tuples<T>[N];
  };
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** "--bone-dice" of "boneDice", as commander makes the latter of the former. */
export function longFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
