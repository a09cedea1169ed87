// Figures that `verify:heads` and `verify:rare` found of the model of heads with --record, kept in weights/head/measured.json: what `verify:heads:table` makes its table of.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../../weights/head/measured.json", import.meta.url));

/** What was found of one image. */
export interface Finding {
  /** Day, as 2026-11-28. */
  readonly date: string;
  /** What prints it again. */
  readonly command: string;
  /** By name, in the units of `verify:heads`. */
  readonly figures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** What the library said where it refused the image. */
  readonly refused?: string;
}

/** By what was measured, e.g. "head_13 t1". */
export type Findings = Readonly<Record<string, Finding>>;

export function readFindings(): Findings {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Findings) : {};
}

/** Adds a finding, or replaces the older one of the same name, at once: a run may be stopped. */
export function recordFinding(
  script: "verify:heads" | "verify:rare",
  name: string,
  found: Omit<Finding, "date" | "command">,
): void {
  const command = `npm run ${script} -- ${process.argv.slice(2).map(quoted).join(" ")}`.trim();
  const date = new Date().toISOString().slice(0, 10);
  const figures = Object.fromEntries(
    Object.entries(found.figures).map(([key, v]) => [key, Number(v.toPrecision(5))]),
  );
  const all = { ...readFindings(), [name]: { date, command, ...found, figures } };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => a.localeCompare(b)));
  writeFileSync(FILE, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

function quoted(word: string): string {
  return /^[\w./,=-]+$/.test(word) ? word : `"${word}"`;
}
