import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EpochRecord } from "../../../road/training/index.ts";
import { fileRunStore } from "../../node/index.ts";
import {
  LOG_LINES,
  LOG_TABLE,
  type LogLine,
  lineText,
  parseLines,
  tableOf,
  type UntimedLine,
} from "../../runs/index.ts";

/** Appends a line. */
export async function addLine(folder: string, line: UntimedLine): Promise<void> {
  await appendFile(join(folder, LOG_LINES), lineText(line));
}

/** The lines of a run's log; none where it has no log. */
export async function readLines(folder: string): Promise<readonly LogLine[]> {
  const text = await readFile(join(folder, LOG_LINES), "utf8").catch(() => "");
  return parseLines(text);
}

/** Writes the table. */
export async function writeTable(folder: string, history: readonly EpochRecord[]): Promise<void> {
  await fileRunStore(folder).write(LOG_TABLE, new TextEncoder().encode(tableOf(history)));
}
