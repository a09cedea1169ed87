import type { Option } from "commander";
import { assert, fail, orNearest } from "../../../base/errors/index.ts";
import type { Option as ModelOption } from "../../../base/options/index.ts";
import type { ModelFactory } from "../../../networks/models/index.ts";
import { FROM_DATA, longFlag } from "../../runs/index.ts";
import { flagOptions } from "./flag-options.ts";

/** The options of a model that a user may set, in the table's order. */
export function settable({
  definition,
}: ModelFactory): readonly (readonly [name: string, option: ModelOption<unknown>])[] {
  return Object.entries(definition.options).filter(([name]) => !FROM_DATA.some((own) => own === name));
}

/** A recipe's options without those that the data decides. */
export function withoutData(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(config).filter(([name]) => !FROM_DATA.some((own) => own === name)),
  );
}

/** One option of a model on the command line. */
export interface ModelFlag {
  readonly name: string;
  /** "--base-filters". */
  readonly flag: string;
  readonly options: readonly Option[];
}

/**
 * A model's options as flags: `baseFilters` as `--base-filters`, or `--model-base-filters` where the command has such a flag
 * of its own. What can have one value only is left out.
 *
 * @param taken the command's own flags
 */
export function modelFlags(factory: ModelFactory, taken: ReadonlySet<string>): readonly ModelFlag[] {
  return settable(factory)
    .filter(([, option]) => option.values?.length !== 1)
    .map(([name, option]) => {
      const plain = longFlag(name);
      const flag = taken.has(plain) ? plain.replace("--", "--model-") : plain;
      return {
        name,
        flag,
        options: flagOptions(flag, option, { group: `Options of the model ${factory.definition.name}:` }),
      };
    });
}

/**
 * Reads a model's options one by one.
 *
 * @param nameOf what errors call an option
 * @throws MidashError `invalid-argument`
 */
export function readModelOptions(
  factory: ModelFactory,
  given: Readonly<Record<string, unknown>>,
  nameOf: (name: string) => string,
): Readonly<Record<string, unknown>> {
  const known = Object.fromEntries(settable(factory));
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const option = known[name];
    if (!option) {
      const ours = FROM_DATA.some((own) => own === name) && name in factory.definition.options;
      assert(!ours, "is set from the data", { where: nameOf(name), hint: "leave it out" });
      const what = `the model ${factory.definition.name} has no such option`;
      return fail("invalid-argument", what, {
        where: nameOf(name),
        hint: orNearest(name, Object.keys(known)),
      });
    }
    read[name] = option.read(value, nameOf(name));
  }
  return read;
}
