import { readFileSync } from "node:fs";

/** The code of a page of documentation. Lines stand where they stand in the page; all other lines are blank. */
export interface PageCode {
  /** All `ts` blocks that run, one program from top to bottom. */
  readonly program: string;
  /** Blocks that are checked by the compiler only, each with the reason stated before it. */
  readonly notRun: readonly { readonly line: number; readonly reason: string; readonly code: string }[];
  /** What the program says it prints: the comment behind a `console.log` on one line. */
  readonly prints: readonly { readonly line: number; readonly text: string }[];
}

/**
 * Takes the ```ts blocks out of a Markdown file. A block after `<!-- not run: REASON -->` is not part of the program.
 *
 * @throws Error when a block is not closed
 */
export function codeOf(path: string): PageCode {
  const lines = readFileSync(path, "utf8").split("\n");
  const program = lines.map(() => "");
  const notRun: PageCode["notRun"][number][] = [];
  const prints: PageCode["prints"][number][] = [];
  for (let n = 0; n < lines.length; n++) {
    if (lines[n] !== "```ts") continue;
    const end = lines.indexOf("```", n);
    if (end < 0) throw new Error(`${path}:${n + 1}: a block that does not end`);
    const before =
      lines
        .slice(0, n)
        .filter((line) => line.trim() !== "")
        .at(-1) ?? "";
    const reason = /^<!-- not run: (.+) -->$/.exec(before)?.[1];
    if (reason) {
      const code = lines.map((line, at) => (at > n && at < end ? line : "")).join("\n");
      notRun.push({ line: n + 1, reason, code });
    } else
      for (let at = n + 1; at < end; at++) {
        program[at] = lines[at]!;
        const text = /console\.log\(.*\);? *\/\/ (.+)$/.exec(lines[at]!)?.[1];
        if (text) prints.push({ line: at + 1, text });
      }
    n = end;
  }
  return { program: program.join("\n"), notRun, prints };
}
