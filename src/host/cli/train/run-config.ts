import { readFile } from "node:fs/promises";
import { fail } from "../../../base/errors/index.ts";
import { parseRunConfig } from "../../runs/index.ts";
import { type ConfigFile, loadConfig } from "../io/config-file.ts";

/** @throws MidashError `invalid-file` naming the file when it was damaged or edited */
export async function readRunConfig(path: string): Promise<ConfigFile> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (!parseRunConfig(text))
    fail("invalid-file", "is damaged or was edited: its content does not match its checksum", {
      where: path,
      hint: "give changed settings as options; if it is damaged, remove it and give all settings of the run as options",
    });
  return loadConfig(path);
}
