import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RUN_METRICS, type RunNumbers } from "../../runs/index.ts";

/** The numbers of a run that is done; `undefined` of one that is not. */
export async function readNumbers(folder: string): Promise<RunNumbers | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, RUN_METRICS), "utf8")) as RunNumbers;
  } catch {
    return undefined;
  }
}
