import type { LogLine } from "./log.ts";

/** going: a process writes there. done: it has its numbers. failed: an error ended it. stopped: anything else; it can go on. */
export type RunStatus = "going" | "done" | "stopped" | "failed";

/** What a run's folder says of it. */
export interface RunFacts {
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
}

/** What of a run's `metrics.json` others read. */
export interface RunNumbers {
  readonly epochs?: number;
  readonly reason?: string;
  readonly validation?: {
    readonly name: string;
    readonly unit: string;
    readonly value: number;
    readonly epoch: number;
  } | null;
  readonly seconds?: number;
  readonly crossValidation?: {
    readonly measures: readonly { readonly name: string; readonly unit: string; readonly mean: number }[];
  };
}

/** How a run stands, by its log and its numbers. @param going whether somebody writes there now */
export function runFacts(
  lines: readonly LogLine[],
  numbers: RunNumbers | undefined,
  going: boolean,
): RunFacts {
  const last = lines.at(-1);
  const epochs = epochLines(lines);
  const begun = lines.flatMap((line) => (line.type === "start" ? [line] : []));
  const kept = epochs.filter(({ best }) => best).at(-1);
  const [folds] = numbers?.crossValidation?.measures ?? [];
  const ended = last?.type === "failed" ? "failed" : numbers ? "done" : "stopped";
  return {
    state: going ? "going" : ended,
    epochs: epochs.at(-1)?.epoch ?? numbers?.epochs ?? 0,
    of: begun.at(-1)?.epochs ?? null,
    best: folds
      ? { name: folds.name.toUpperCase(), unit: folds.unit, value: folds.mean, epoch: null }
      : kept?.validation
        ? { ...kept.validation, epoch: kept.epoch }
        : (numbers?.validation ?? null),
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
    started: begun[0]?.time ?? null,
    ...(last?.type === "failed" && !going ? { problem: last.message } : {}),
  };
}

/** One line an epoch: one that was done again after a kill stands in the log twice, and its last line counts. */
export function epochLines(lines: readonly LogLine[]): readonly Extract<LogLine, { type: "epoch" }>[] {
  const epochs = lines.flatMap((line) => (line.type === "epoch" ? [line] : []));
  return [...new Map(epochs.map((line) => [line.epoch, line])).values()];
}
