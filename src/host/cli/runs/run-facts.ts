import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runWriter } from "../../node/index.ts";
import { RUN_CONFIG, type RunFacts as RunStands, runFacts } from "../../runs/index.ts";
import { readNumbers } from "../train/run-folder.ts";
import { readLines } from "../watch/run-log.ts";

/** What a run's folder says of it. */
export interface RunFacts extends RunStands {
  /** From the folder that was asked about. */
  readonly run: string;
  /** Its settings, flat: "modelOptions.baseFilters". Those that say who is in which part are left out. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Reads a run's folder. */
export async function factsOf(folder: string, run: string): Promise<RunFacts> {
  const path = join(folder, run);
  const [numbers, lines, writer, settings] = await Promise.all([
    readNumbers(path),
    readLines(path),
    runWriter(path),
    readSettings(path),
  ]);
  return { run, ...runFacts(lines, numbers, writer !== undefined), settings };
}

/** Settings as they are written, edited or not: nothing is trained by them here. */
async function readSettings(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const { train } = JSON.parse(await readFile(join(path, RUN_CONFIG), "utf8")) as {
      readonly train?: object;
    };
    const { split: _, ...settings } = flat(train ?? {});
    return settings;
  } catch {
    return {};
  }
}

function flat(value: object, prefix = ""): Record<string, unknown> {
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (key === "split") return [];
    const isTable = typeof inner === "object" && inner !== null && !Array.isArray(inner);
    return isTable ? Object.entries(flat(inner as object, `${prefix}${key}.`)) : [[prefix + key, inner]];
  });
  return Object.fromEntries(entries);
}

/** The settings in which runs differ, in the order that they come. Ones that a run leaves out differ from those that another sets. */
export function differing(runs: readonly Pick<RunFacts, "settings">[]): readonly string[] {
  const keys = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings)))];
  return keys.filter((key) => new Set(runs.map(({ settings }) => JSON.stringify(settings[key]))).size > 1);
}
