import type { EpochRecord, Steering } from "../../road/training/index.ts";

/** A line of a run's log. Times are ISO 8601. */
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

/** A line before it is written. */
export type UntimedLine = LogLine extends infer L ? (L extends LogLine ? Omit<L, "time"> : never) : never;

/** What is appended for an event that happens now. */
export function lineText(line: UntimedLine): string {
  return `${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`;
}

/** The lines of a log. A last line that a kill cut short is left out. */
export function parseLines(text: string): readonly LogLine[] {
  return text.split("\n").flatMap((line): LogLine[] => {
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return [];
    }
  });
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
