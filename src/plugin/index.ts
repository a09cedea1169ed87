/** What others add: plugins, configs that name them, and the registry that finds their parts by name. */
export { assertConfig, defineConfig, type MidashConfig, type TrainConfig } from "./config.ts";
export { definePlugin, type Plugin } from "./plugin.ts";
export { type Registered, Registry } from "./registry.ts";
