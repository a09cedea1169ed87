import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fail } from "../../../base/errors/index.ts";
import type { Plugin } from "../../../road/plugin/index.ts";
import { type ConfigFile, loadConfig } from "../io/config-file.ts";
import { jsonBytes } from "../io/outputs.ts";
import type { TrainSettings } from "./train-settings.ts";

/** The settings of a run, in its folder: what `--resume` starts from, and a config for other runs. */
export const RUN_CONFIG = "config.json";

/**
 * A config as far as JSON can hold it: of plugins the names. With the SHA-256 of the rest as JSON without white space, since a
 * resumed run relies on it.
 */
export function encodeRunConfig(settings: TrainSettings, plugins: readonly Plugin[]): Uint8Array {
  const names = plugins.map(({ name }) => name);
  const config = { ...(names.length > 0 ? { plugins: names } : {}), train: settings };
  return jsonBytes({ ...config, sha256: digestOf(config) });
}

/** @throws MidashError `invalid-file` naming the file when it was damaged or edited */
export async function readRunConfig(path: string): Promise<ConfigFile> {
  let json: { readonly sha256?: unknown };
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch {
    return damaged(path);
  }
  const { sha256, ...config } = json ?? {};
  if (sha256 !== digestOf(config)) return damaged(path);
  return loadConfig(path);
}

function damaged(path: string): never {
  return fail("invalid-file", "is damaged or was edited: its content does not match its checksum", {
    where: path,
    hint: "give changed settings as options; if it is damaged, remove it and give all settings of the run as options",
  });
}

function digestOf(config: object): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("hex");
}
