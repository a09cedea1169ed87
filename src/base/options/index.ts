/** Options as data: tables from which types, checks, command lines and help are made. */

export { type Option, type OptionTable, type OptionValues, option } from "./option.ts";
export { fitsPattern } from "./pattern.ts";
export { resolveOptions } from "./resolve-options.ts";
export { kind, refined, type ValueKind, valueKinds } from "./value-kind.ts";
