import type { SingleBar } from "cli-progress";

/** How far a piece of work is. */
export interface ProgressBar {
  /** Without `total` it only counts; whether there is one is settled by the first call. `note` stands behind. */
  update(done: number, total: number | undefined, note?: string): void;
  stop(): void;
}

/** Milliseconds between two plain lines of progress. */
const QUIET_FOR = 10_000;

/**
 * All that a command says. The result is the last line of stdout; for people there are lines on stdout before it, or on
 * stderr when only JSON was asked for, or a volume is. Progress goes to stderr: a bar on a terminal, a line now and then in a pipe.
 */
export class Output {
  readonly #json: boolean;
  readonly #people: NodeJS.WriteStream;

  /** @param options `taken`: stdout is for a volume */
  constructor({ json, taken = false }: { readonly json: boolean; readonly taken?: boolean }) {
    this.#json = json;
    this.#people = json || taken ? process.stderr : process.stdout;
  }

  /** A line for people. */
  say(line = ""): void {
    this.#people.write(`${line}\n`);
  }

  /** A table for people: the first column to the left, numbers to the right. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c]!.length)));
    const line = (cells: readonly string[]) =>
      cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join("  ");
    this.say(`  ${line(head)}`.trimEnd());
    this.say(`  ${widths.map((w) => "-".repeat(w)).join("  ")}`);
    for (const row of rows) this.say(`  ${line(row)}`.trimEnd());
  }

  /** The result for programs: one line of JSON on stdout, when asked for or when `always`. Say nothing after it. */
  result(json: object, options: { readonly always?: boolean } = {}): void {
    if (this.#json || options.always) process.stdout.write(`${JSON.stringify(json)}\n`);
  }

  /** Shows progress until `stop`. */
  progress(title: string): ProgressBar {
    return process.stderr.isTTY ? bar(title) : lines(title);
  }
}

function bar(title: string): ProgressBar {
  let Bar: typeof SingleBar | undefined;
  let shown: SingleBar | undefined;
  import("cli-progress").then((loaded) => {
    Bar = loaded.default.SingleBar;
  });
  return {
    update(done, total, note = "") {
      if (!Bar) return;
      if (!shown) {
        shown = new Bar({
          format:
            total === undefined ? `${title}  {value}  {note}` : `${title} {bar} {value}/{total}  {note}`,
          barCompleteChar: "█",
          barIncompleteChar: "░",
          barsize: 24,
          stream: process.stderr,
          hideCursor: true,
          clearOnComplete: true,
          gracefulExit: false, // SIGINT is ours
        });
        shown.start(total ?? 0, done, { note });
      }
      shown.update(done, { note });
    },
    stop() {
      shown?.stop();
    },
  };
}

/** Nothing for work that is soon done; for long work a line every {@link QUIET_FOR} milliseconds. */
function lines(title: string): ProgressBar {
  let last = performance.now();
  return {
    update(done, total, note = "") {
      const now = performance.now();
      if (now - last < QUIET_FOR || done === total) return;
      last = now;
      const count = total === undefined ? String(done) : `${done}/${total}`;
      process.stderr.write(`${[title, count, note].filter(Boolean).join("  ")}\n`);
    },
    stop() {},
  };
}
