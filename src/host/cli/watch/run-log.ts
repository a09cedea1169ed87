import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EpochRecord, Steering } from "../../../road/training/index.ts";
import { fileRunStore } from "../../node/index.ts";

/** A line an event, appended as they come: what happened, resumes and failures with it. */
const LOG_LINES = "log.jsonl";
/** A row an epoch, written anew after each: what counts, without what a killed run did again. */
const LOG_TABLE = "log.csv";

/** A line of {@link LOG_LINES}. Times are ISO 8601. */
export type LogLine =
  | {
      readonly time: string;
      readonly type: "start";
      readonly epoch: number;
      readonly epochs: number;
      readonly step: number;
      readonly [fact: string]: unknown;
    }
  | ({ readonly time: string; readonly type: "epoch"; readonly best: boolean } & EpochRecord & {
        readonly [fact: string]: unknown;
      })
  | { readonly time: string; readonly type: "end"; readonly reason: string; readonly epochs: number }
  | ({ readonly time: string; readonly type: "steer"; readonly step: number } & Steering)
  | { readonly time: string; readonly type: "interrupted" | "failed"; readonly message: string };

type Untimed = LogLine extends infer L ? (L extends LogLine ? Omit<L, "time"> : never) : never;

/** Appends a line. */
export async function addLine(folder: string, line: Untimed): Promise<void> {
  await appendFile(
    join(folder, LOG_LINES),
    `${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`,
  );
}

/** The lines of a run's log; none where it has no log. A last line that a kill cut short is left out. */
export async function readLines(folder: string): Promise<readonly LogLine[]> {
  const text = await readFile(join(folder, LOG_LINES), "utf8").catch(() => "");
  return text.split("\n").flatMap((line): LogLine[] => {
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return [];
    }
  });
}

/** Writes the table. */
export async function writeTable(folder: string, history: readonly EpochRecord[]): Promise<void> {
  await fileRunStore(folder).write(LOG_TABLE, new TextEncoder().encode(tableOf(history)));
}

/** The history as CSV (RFC 4180, LF): a column a loss, what validation watches under its name and unit. */
export function tableOf(history: readonly EpochRecord[]): string {
  const losses = [...new Set(["loss", ...history.flatMap((record) => Object.keys(record.losses))])];
  const watched = history.find(({ validation }) => validation)?.validation;
  const validation = ["validation", watched?.name, watched?.unit].filter(Boolean).join("_").toLowerCase();
  const rows = history.map((record) => [
    record.epoch,
    ...losses.map((name) => record.losses[name] ?? ""),
    record.validation?.value ?? "",
    record.learningRate,
    record.seconds,
  ]);
  return [["epoch", ...losses.map(quoted), validation, "learning_rate", "seconds"], ...rows]
    .map((row) => `${row.join(",")}\n`)
    .join("");
}

/** Names of losses are a plugin's. */
function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
