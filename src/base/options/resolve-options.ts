import { assert, orNearest, type Where } from "../errors/index.ts";
import type { OptionTable, OptionValues } from "./option.ts";

/**
 * Fills in defaults, and refuses what is no option or an invalid value of one. `undefined` stands for the default.
 *
 * @param where whose options they are, for errors
 * @throws MidashError `invalid-argument`
 */
export function resolveOptions<T extends OptionTable>(
  table: T,
  given: unknown,
  where: Where,
): OptionValues<T> {
  assert(
    typeof given === "object" && given !== null && !Array.isArray(given),
    `options must be an object, got ${JSON.stringify(given)}`,
    { where },
  );
  const values: Readonly<Record<string, unknown>> = { ...given };
  const names = Object.keys(table);
  for (const name of Object.keys(values))
    assert(names.includes(name), `unknown option "${name}"`, { where, hint: orNearest(name, names) });
  const resolved: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(table)) {
    const value = values[name] ?? option.default;
    assert(
      value === undefined || option.is(value),
      `${name} must be ${option.accepts}, got ${JSON.stringify(value) ?? String(value)}`,
      { where },
    );
    resolved[name] = value;
  }
  return resolved as OptionValues<T>;
}
