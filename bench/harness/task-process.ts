import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { throwIfAborted } from "../../src/base/errors/index.ts";

/** How to start one side of a row. */
export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a side says of its beginning, of a run, and of its end. See {@link serveTask}. */
export interface Ready {
  readonly versions: Readonly<Record<string, string>>;
  readonly memory: number;
}
export interface Ran {
  readonly ms: number;
  /** Of all threads. */
  readonly cpuMs: number;
  readonly values: Readonly<Record<string, number>>;
}
export interface Ended {
  readonly memory: number;
  readonly details: object;
}

/** A side of a row that could not start or died; `message` is the last line it said. */
export class SideFailed extends Error {}

/** One side of a row in a process of its own, so that no row sees another's memory or warmth. */
export class TaskProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #gone: Promise<never>;
  readonly #signal: AbortSignal | undefined;

  constructor(command: Command, signal?: AbortSignal) {
    throwIfAborted(signal);
    this.#signal = signal;
    const environment = { ...process.env, ...command.environment };
    const child = spawn(command.file, command.arguments, {
      stdio: ["pipe", "pipe", "pipe"],
      env: environment,
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4000);
    });
    child.stdin.on("error", () => undefined); // "close" reports a dead child
    this.#gone = new Promise((_, reject) => {
      child.on("error", (error) => reject(new SideFailed(error.message)));
      child.on("close", (code) => {
        const last = said.trim().split("\n").at(-1);
        reject(new SideFailed(last || `ended with exit code ${code}`));
      });
    });
    this.#gone.catch(() => undefined);
    signal?.addEventListener("abort", this.#kill, { once: true });
  }

  ready(): Promise<Ready> {
    return this.#answer<Ready>();
  }

  run(): Promise<Ran> {
    return this.#ask<Ran>("run");
  }

  end(): Promise<Ended> {
    return this.#ask<Ended>("end");
  }

  /** Ends the process, however far it is. */
  close(): void {
    this.#signal?.removeEventListener("abort", this.#kill);
    this.#kill();
  }

  readonly #kill = () => {
    this.#child.kill("SIGKILL");
  };

  #ask<T>(what: string): Promise<T> {
    this.#child.stdin!.write(`${what}\n`);
    return this.#answer<T>();
  }

  async #answer<T>(): Promise<T> {
    try {
      // stdout may end a moment before "close" says why.
      const { done, value } = await Promise.race([this.#lines.next(), this.#gone]);
      return done ? await this.#gone : (JSON.parse(value) as T);
    } catch (error) {
      throwIfAborted(this.#signal);
      throw error;
    }
  }
}
