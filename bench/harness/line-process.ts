import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** How to start a process. */
export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A process that could not start or died. */
export class ProcessEnded extends Error {
  /** What it died of; undefined where it did not start. */
  readonly how: string | undefined;
  /** The last line that it said on stderr. */
  readonly last: string | undefined;

  constructor(how: string | undefined, last: string) {
    super(last || `it ended with ${how}`);
    this.how = how;
    this.last = last || undefined;
  }
}

/** A process that is told a line, and answers with a line of JSON. */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #gone: Promise<never>;

  constructor(command: Command) {
    const child = spawn(command.file, command.arguments, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...command.environment },
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4000);
    });
    child.stdin.on("error", () => undefined); // "close" reports a dead child
    this.#gone = new Promise((_, reject) => {
      child.on("error", (error) => reject(new ProcessEnded(undefined, error.message)));
      child.on("close", (code, signal) => {
        const last = said.trim().split("\n").at(-1)!.slice(0, 300);
        reject(new ProcessEnded(signal ?? `exit code ${code}`, last));
      });
    });
    this.#gone.catch(() => undefined);
  }

  tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** The next line that it says. @throws ProcessEnded */
  async answer<T>(): Promise<T> {
    // stdout may end a moment before "close" says why.
    const { done, value } = await Promise.race([this.#lines.next(), this.#gone]);
    return done ? await this.#gone : (JSON.parse(value) as T);
  }

  /** Ends it, however far it is. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
