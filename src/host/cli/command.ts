import type { Command } from "commander";
import type { Output } from "./io/output.ts";

/** What every command gets besides its own arguments. */
export interface Context {
  readonly output: Output;
  /** Fires on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** A command: how it is called, and what it does. */
export type AddCommand = (
  program: Command,
  /** @param out where the command's volume goes: "-" takes standard output for it, and all that is said goes to stderr */
  context: (options: { readonly json?: boolean }, out?: string) => Context,
  /** The whole command line, for commands whose options depend on it. */
  args: readonly string[],
) => void;

/** The words of {@link Command.addHelpText}: each example is what to type, and what it does. */
export function examples(...lines: readonly (readonly [type: string, does: string])[]): string {
  const text = lines.map(([type, does]) => `  # ${does}\n  npx @midash/core ${type}`);
  return `\nExamples:\n${text.join("\n\n")}\n`;
}

/** One line that stands under results. */
export const DISCLAIMER = "Research software, not a medical device.";

/** Said when work was cancelled, with what became of it. */
export class Interrupted extends Error {}

/** Done as far as possible, the result was given, and what is missing was said: ends with the exit code of wrong input, or of a fault of ours. */
export class Incomplete extends Error {
  readonly ours: boolean;

  /** @param options `ours`: whether anything is missing through our fault. Default false */
  constructor(message: string, { ours = false }: { readonly ours?: boolean } = {}) {
    super(message);
    this.ours = ours;
  }
}

/** `--json` is spelt the same everywhere (only `demo`, whose last line is always JSON, describes it otherwise). */
export const JSON_OPTION = [
  "--json",
  "print only one line of JSON on stdout; text for people goes to stderr",
] as const;
