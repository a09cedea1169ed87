/** What others add: plugins, configs that name them, and the registry that finds their parts by name. */
export { definePlugin, type Plugin } from "./plugin.ts";
export { type Registered, Registry } from "./registry.ts";
