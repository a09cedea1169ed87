import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runWriter } from "../../node/index.ts";
import { RUN_CONFIG } from "../train/run-config.ts";
import { readNumbers } from "../train/run-folder.ts";
import { readLines } from "../watch/run-log.ts";

/** going: a process writes there. done: it has its numbers. failed: an error ended it. stopped: anything else; it can go on. */
export type RunStatus = "going" | "done" | "stopped" | "failed";

/** What a run's folder says of it. */
export interface RunFacts {
  /** From the folder that was asked about. */
  readonly run: string;
  readonly state: RunStatus;
  /** Whole epochs done, and at most. */
  readonly epochs: number;
  readonly of: number | null;
  /** The best validation, of folds the mean over all cases; null before there is one. */
  readonly best: {
    readonly name: string;
    readonly unit: string;
    readonly value: number;
    readonly epoch: number | null;
  } | null;
  /** Of all epochs. */
  readonly seconds: number;
  /** When it was begun, ISO 8601; null where no log says so. */
  readonly started: string | null;
  /** Why it failed. */
  readonly problem?: string;
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
  const last = lines.at(-1);
  const epochs = lines.flatMap((line) => (line.type === "epoch" ? [line] : []));
  const begun = lines.flatMap((line) => (line.type === "start" ? [line] : []));
  const kept = epochs.filter(({ best }) => best).at(-1);
  const [folds] = numbers?.crossValidation?.measures ?? [];
  const ended = last?.type === "failed" ? "failed" : numbers ? "done" : "stopped";
  return {
    run,
    state: writer ? "going" : ended,
    epochs: epochs.at(-1)?.epoch ?? numbers?.epochs ?? 0,
    of: begun.at(-1)?.epochs ?? null,
    best: folds
      ? { name: folds.name.toUpperCase(), unit: folds.unit, value: folds.mean, epoch: null }
      : kept?.validation
        ? { ...kept.validation, epoch: kept.epoch }
        : (numbers?.validation ?? null),
    // An epoch that was done again after a kill stands there twice.
    seconds: [...new Map(epochs.map(({ epoch, seconds }) => [epoch, seconds])).values()].reduce(
      (a, b) => a + b,
      0,
    ),
    started: begun[0]?.time ?? null,
    ...(last?.type === "failed" && !writer ? { problem: last.message } : {}),
    settings,
  };
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
