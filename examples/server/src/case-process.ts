import { type ChildProcess, fork } from "node:child_process";
import type { Task } from "./queue.ts";
import type { Share } from "./share-of-machine.ts";

/** What is told of a case that is done. */
export interface Result {
  /** Names of its files. */
  readonly files: readonly string[];
  /** "there": somebody had made it before. */
  readonly status: "made" | "there";
  /** What it took without the queue; 0 where it was there. */
  readonly seconds: number;
}

/** What the process says of a task: how far it is, and then one of the others. */
export type Answer =
  | { readonly progress: number }
  | { readonly result: Result }
  /** Another process that lives has the case. */
  | { readonly busy: true }
  | { readonly failure: { readonly reason: string; readonly mayPass: boolean } };

/** The process died over a task: killed, out of memory, a crash of native code. */
export class Crashed extends Error {}

/**
 * A process that does one task at a time. It is not the worker itself, so that its death is noticed at once, and that the worker's word to the store is never late, however long the case keeps
 * its process. (BullMQ's own sandbox waits for ever for a process that is killed while it starts.)
 */
export class CaseProcess {
  readonly #script: string;
  readonly #share: Share;
  #child: ChildProcess | undefined;

  constructor(script: string, share: Share) {
    this.#script = script;
    this.#share = share;
  }

  /**
   * @param signal ends it at once, by ending the process
   * @throws Crashed; the signal's reason
   */
  do(
    task: Task,
    onProgress: (share: number) => void,
    signal?: AbortSignal,
  ): Promise<Exclude<Answer, { progress: number }>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const child = this.#running();
      const onMessage = (answer: Answer) => {
        if ("progress" in answer) return onProgress(answer.progress);
        end();
        resolve(answer);
      };
      const onExit = (code: number | null, by: NodeJS.Signals | null) => {
        end();
        reject(
          signal?.aborted
            ? signal.reason
            : new Crashed(`the process that did it died: ${by ?? `exit code ${code}`}`),
        );
      };
      const onAbort = () => child.kill("SIGKILL");
      const end = () => {
        child.off("message", onMessage).off("exit", onExit);
        signal?.removeEventListener("abort", onAbort);
      };
      child.on("message", onMessage).on("exit", onExit);
      signal?.addEventListener("abort", onAbort);
      child.send(task, () => undefined); // its end is told by "exit"
    });
  }

  /** Ends it, whatever it does. */
  end(): void {
    this.#child?.kill("SIGKILL");
  }

  #running(): ChildProcess {
    if (this.#child?.connected && this.#child.exitCode === null && this.#child.signalCode === null)
      return this.#child;
    const { env, execPath, execArgv } = this.#share;
    const child = fork(this.#script, [], {
      ...(execPath === undefined ? {} : { execPath, execArgv: [...(execArgv ?? [])] }),
      env,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("error", () => undefined); // likewise
    child.on("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
    return child;
  }
}
