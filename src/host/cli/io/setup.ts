import { naming } from "../../../base/errors/index.ts";
import { type Plugin, Registry } from "../../../road/plugin/index.ts";
import { optionalParts } from "../../node/index.ts";
import { type ConfigFile, findConfig, loadConfig } from "./config-file.ts";

/** The options that say which config counts, for every command that looks up names. */
export const CONFIG_OPTIONS = [
  [
    "--config <file>",
    "config with plugins and settings (default: midash.config.{ts,mts,js,mjs,cjs,json} here)",
  ],
  ["--no-config", "take no notice of midash.config.*"],
] as const;

export interface ConfigOptions {
  /** `false`: `--no-config`. */
  readonly config?: string | false;
}

/** What names are looked up in. */
export interface Setup {
  /** Absent when there is none. */
  readonly file?: ConfigFile;
  readonly plugins: readonly Plugin[];
  /** Of what ships with the package and the plugins. */
  readonly registry: Registry;
}

/** Loads the config that was asked for, or is there, and its plugins. */
export async function setupOf({ config }: ConfigOptions): Promise<Setup> {
  const path = config === false ? undefined : (config ?? (await findConfig(process.cwd())));
  if (path === undefined) return { plugins: [], registry: new Registry(optionalParts()) };
  const file = await loadConfig(path);
  const { plugins = [] } = file.config;
  return { file, plugins, registry: naming(path, () => new Registry([...optionalParts(), ...plugins])) };
}
