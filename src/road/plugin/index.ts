/** What others add: plugins, configs that name them, and the registry that finds their parts by name. */
export { PartTable, type Registered } from "./part-table.ts";
export { definePlugin, type NamedPart, type PartMaker, type Plugin } from "./plugin.ts";
export { Registry } from "./registry.ts";
export { synthesisParts } from "./synthesis-parts.ts";
