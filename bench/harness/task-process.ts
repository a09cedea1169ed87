import { throwIfAborted } from "../../src/base/errors/index.ts";
import { type Command, LineProcess } from "./line-process.ts";

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

/** One side of a row in a process of its own, so that no row sees another's memory or warmth. One that could not start or died is a `ProcessEnded`. */
export class TaskProcess {
  readonly #process: LineProcess;
  readonly #signal: AbortSignal | undefined;

  constructor(command: Command, signal?: AbortSignal) {
    throwIfAborted(signal);
    this.#signal = signal;
    this.#process = new LineProcess(command);
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

  readonly #kill = () => this.#process.kill();

  #ask<T>(what: string): Promise<T> {
    this.#process.tell(what);
    return this.#answer<T>();
  }

  async #answer<T>(): Promise<T> {
    try {
      return await this.#process.answer<T>();
    } catch (error) {
      throwIfAborted(this.#signal);
      throw error;
    }
  }
}
