import { createHash } from "node:crypto";
import { fail } from "../errors/index.ts";
import { readTextFile } from "./inputs.ts";
import { jsonBytes } from "./outputs.ts";
import { parseConfig, type TrainSettings } from "./train-settings.ts";

/** The settings of a run, in its folder: what `--resume` starts from, and a config for other runs. */
export const CONFIG = "config.json";

/** With the SHA-256 of the settings as JSON without white space, since a resumed run relies on them. */
export function encodeRunConfig(settings: TrainSettings): Uint8Array {
  return jsonBytes({ ...settings, sha256: digestOf(settings) });
}

/** @throws MidashError `invalid-file` naming the file when it was damaged or edited */
export async function readRunConfig(path: string): Promise<TrainSettings> {
  const content = await readTextFile(path);
  let json: { readonly sha256?: unknown };
  try {
    json = JSON.parse(content);
  } catch {
    return damaged(path);
  }
  const { sha256, ...settings } = json ?? {};
  if (sha256 !== digestOf(settings)) return damaged(path);
  return parseConfig(content, path);
}

function damaged(path: string): never {
  return fail(
    "invalid-file",
    "is damaged or was edited: its content does not match its checksum",
    path,
    "give changed settings as options; if it is damaged, remove it and give all settings of the run as options",
  );
}

function digestOf(settings: object): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex");
}
