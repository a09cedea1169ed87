import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Calls, findScript } from "../../../base/calls/index.ts";
import { fail, MidashError } from "../../../base/errors/index.ts";
import type { NodeWorker } from "../../../base/platform/index.ts";

/** The process that had a task died: killed, out of memory, crashed. */
export class WorkerDied extends Error {}

interface Member<Task> {
  readonly child: ChildProcess;
  readonly calls: Calls<Task>;
  /** Why it is no more. */
  died?: string;
}

/**
 * Processes of one script, each with one task at a time, used again. Unlike a thread's, the death of one (SIGKILL, out of memory, a crash of native code) takes nothing else along. They end
 * when this process does, however that happens.
 */
export class ProcessPool<Task> {
  readonly #script: string;
  readonly #idle: Member<Task>[] = [];
  readonly #all = new Set<ChildProcess>();

  /**
   * @param script in the package's `dist`: "node/process-worker.js"
   * @throws MidashError `not-found` where the package was bundled, and the script is not beside it
   */
  constructor(script: string, words: { readonly call: string }) {
    const found =
      findScript(script, existsSync) ??
      fail("not-found", `the script of its processes, ${script} of this package, is not there`, {
        where: { call: words.call },
        hint: "don't bundle @midash/core into one file",
      });
    this.#script = typeof found === "string" ? found : fileURLToPath(found);
  }

  /** Process ids of those that live. */
  get pids(): readonly number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? []);
  }

  /** What a process gives for a task. @throws WorkerDied when it dies over it; what it throws */
  async ask(task: Task, onNote?: (what: unknown) => void): Promise<unknown> {
    let member = this.#idle.pop();
    while (member?.calls.ended) member = this.#idle.pop(); // it died while it had nothing to do
    const own = member ?? this.#start();
    try {
      const value = await own.calls.ask(task, { onNote });
      this.#idle.push(own);
      return value;
    } catch (error) {
      if (!own.calls.ended) this.#idle.push(own);
      if (own.died !== undefined) throw new WorkerDied(own.died, { cause: error });
      throw error;
    }
  }

  /** Ends all processes at once, whatever they do. */
  async dispose(): Promise<void> {
    await Promise.all(
      [...this.#all].map((child) => {
        const gone = new Promise((resolve) => child.once("exit", resolve));
        child.ref(); // or this process ends before it
        child.kill("SIGKILL");
        return gone;
      }),
    );
  }

  #start(): Member<Task> {
    const child = fork(this.#script, [], {
      stdio: ["ignore", "ignore", "inherit", "ipc"], // stdout is a command's own
      serialization: "advanced",
    });
    this.#all.add(child);
    child.once("exit", () => this.#all.delete(child));
    const lost = (how: string, cause?: unknown) => {
      member.died = `the process that did it ${how}`;
      return new MidashError("internal", member.died, { cause });
    };
    const member: Member<Task> = { child, calls: new Calls<Task>(asThread(child), { lost }) };
    return member;
  }
}

/** A process as {@link Calls} knows threads. */
function asThread(child: ChildProcess): NodeWorker {
  const thread = {
    on(event: string, listener: (what: unknown) => void) {
      if (event === "exit") child.on("exit", (code, signal) => listener(signal ?? code));
      else if (event !== "messageerror") child.on(event, listener);
      return thread;
    },
    postMessage(message: unknown) {
      if (child.connected) child.send(message as object, () => undefined); // its end is reported by "exit"
    },
    ref() {
      child.ref();
      child.channel?.ref();
    },
    unref() {
      child.unref();
      child.channel?.unref();
    },
    async terminate() {
      child.kill("SIGKILL");
      return 0;
    },
  };
  return thread as unknown as NodeWorker;
}
