import { assert } from "../errors/index.ts";
import { type Range, type ValueKind, valueKinds } from "./value-kind.ts";

/**
 * One option, as data: what it does, its default, what it accepts. Command lines, configs, `midash models` and types are all
 * made from it. Make one with {@link option}.
 */
export interface Option<T> extends ValueKind<T> {
  /** `undefined` where an option that is not set is something of its own: `about` says what happens then. */
  readonly default: T;
  /** What it does, and why the default is what it is. One line. */
  readonly about: string;
}

/** Options by name. */
// biome-ignore lint/suspicious/noExplicitAny: any option fits; unknown would not, as `is` is a type guard.
export type OptionTable = Readonly<Record<string, Option<any>>>;

/** The values that a table describes, each set. */
export type OptionValues<T extends OptionTable> = {
  // By the default: whole options do not match each other in projects with exactOptionalPropertyTypes.
  readonly [K in keyof T]: T[K]["default"];
};

/** Default and description, which every option has. Without a default the option may be left unset. */
interface Common<D> {
  readonly default?: D;
  readonly about: string;
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
  integer<D extends number | undefined = undefined>(given: Common<D> & Range): Option<number | D> {
    return option.of(valueKinds.integer(given), given);
  },
  /** A finite number. */
  number<D extends number | undefined = undefined>(given: Common<D> & Range): Option<number | D> {
    return option.of(valueKinds.number(given), given);
  },
  /** On or off. */
  boolean(given: Common<boolean> & { readonly default: boolean }): Option<boolean> {
    return option.of(valueKinds.boolean(), given);
  },
  /** One of a few texts or numbers. */
  choice<const T extends string | number>(
    values: readonly T[],
    given: { readonly default: NoInfer<T>; readonly about: string },
  ): Option<T> {
    return option.of(valueKinds.choice(values), given);
  },
  /** Free text. */
  text<D extends string | undefined = undefined>(given: Common<D>): Option<string | D> {
    return option.of(valueKinds.text(), given);
  },
  /** Texts in a row, e.g. names of classes; none may be empty, or hold a comma. May be empty itself. */
  texts<D extends readonly string[] | undefined = undefined>(
    given: Common<D>,
  ): Option<readonly string[] | D> {
    return option.of(valueKinds.texts(), given);
  },
  /** Whole numbers in a row, e.g. channels of each level. At least one. */
  list(
    given: Common<readonly number[]> & Range & { readonly default: readonly number[] },
  ): Option<readonly number[]> {
    return option.of(valueKinds.list(valueKinds.integer(given)), given);
  },
  /** A value of any other kind. */
  of<T, D extends T | undefined = undefined>(kind: ValueKind<T>, given: Common<D>): Option<T | D> {
    const value = given.default as D;
    assert(
      value === undefined || kind.is(value),
      `the default ${JSON.stringify(value)} is not ${kind.accepts}`,
      { where: "option" },
    );
    return { ...(kind as ValueKind<T | D>), default: value, about: given.about };
  },
} as const;
