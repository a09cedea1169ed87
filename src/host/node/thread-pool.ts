import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { Calls, findScript } from "../../base/calls/index.ts";
import { assert, fail, MidashError, throwIfAborted } from "../../base/errors/index.ts";

/** Whose threads they are, for messages. */
export interface ThreadWords {
  readonly call: string;
  /** What a thread does with a task: "evaluated it". */
  readonly does: string;
  /** How to do without threads: "leave workers out". */
  readonly without: string;
}

/** What a thread notes that can begin its next task while the disk is at this one. */
export const FREE = "free";

/** Options of {@link ThreadPool.ask}. */
export interface AskOptions {
  readonly signal?: AbortSignal;
  /** Called once when the thread can take its next task: when it notes {@link FREE}, or has answered. */
  readonly onFree?: () => void;
}

interface Thread<Task> {
  readonly worker: Worker;
  readonly calls: Calls<Task>;
}

/**
 * Threads of one script, each with one task at a time, but for what the disk does: as many as tasks are asked for at once, and used again. A thread that dies fails its task and is
 * replaced.
 */
export class ThreadPool<Task> {
  readonly #script: string | URL;
  readonly #words: ThreadWords;
  readonly #idle: Thread<Task>[] = [];
  readonly #all = new Set<Worker>();
  #disposed = false;

  /**
   * @param script name of the script in `node/`: "case-worker"
   * @throws MidashError `not-found` where the package was bundled, and the script is not beside it
   */
  constructor(script: string, words: ThreadWords) {
    const name = `node/${script}.js`;
    this.#words = words;
    this.#script =
      findScript(name, existsSync) ??
      fail("not-found", `the script of its threads, ${name} of this package, is not there`, {
        where: { call: words.call },
        hint: `${words.without}, or don't bundle @midash/core into one file`,
      });
  }

  /** @throws MidashError `invalid-argument` once it was disposed */
  assertOpen(): void {
    assert(!this.#disposed, "was disposed", { where: { call: this.#words.call } });
  }

  /** What a thread gives for a task. On abort the thread is ended: its work can't be interrupted otherwise. @throws MidashError what it throws, `aborted` */
  async ask(task: Task, { signal, onFree }: AskOptions = {}): Promise<unknown> {
    this.assertOpen();
    throwIfAborted(signal);
    let thread = this.#idle.pop();
    while (thread?.calls.ended) thread = this.#idle.pop(); // it died while it had nothing to do
    const own = thread ?? this.#start();
    let isFree = false;
    const free = () => {
      if (isFree || own.calls.ended) return;
      isFree = true;
      this.#idle.push(own);
      onFree?.();
    };
    try {
      return await own.calls.ask(task, { signal, onNote: (note) => note === FREE && free() });
    } finally {
      if (signal?.aborted) void own.worker.terminate();
      else free();
    }
  }

  /** Ends all threads. Tasks that still run fail. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #start(): Thread<Task> {
    const worker = new Worker(this.#script);
    this.#all.add(worker);
    worker.once("exit", () => this.#all.delete(worker));
    const lost = (how: string, cause?: unknown) =>
      new MidashError("internal", `the thread that ${this.#words.does} ${how}`, {
        hint: "if memory ran out, use fewer workers",
        cause,
      });
    return { worker, calls: new Calls<Task>(worker, { lost }) };
  }
}
