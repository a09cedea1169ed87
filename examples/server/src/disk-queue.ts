import { EventEmitter } from "node:events";
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processCases } from "@midash/core/node";
import { outcomeOf, reasonOf } from "./outcome.ts";
import { CANCELLED, PRIORITY, type Queue, type Task, type TaskEvents, type TaskState } from "./queue.ts";

/**
 * The queue of one server: tasks are in its memory, and done in processes of its own. What waits is on disk as the server's jobs, which are submitted again when it starts.
 */
export class DiskQueue extends EventEmitter<TaskEvents> implements Queue {
  readonly #waiting: Task[] = [];
  readonly #running = new Map<string, { readonly cancel: AbortController; readonly ended: Promise<void> }>();
  readonly #most: number;
  readonly #mark: string;
  #paused: boolean;
  #draining = false;

  private constructor(workers: number, mark: string, paused: boolean) {
    super();
    this.#most = workers;
    this.#mark = mark;
    this.#paused = paused;
  }

  /** @param data where a file says that it is paused */
  static async open({ data, workers }: { readonly data: string; readonly workers: number }) {
    const mark = join(data, "paused");
    const paused = await stat(mark).then(
      () => true,
      () => false,
    );
    return new DiskQueue(workers, mark, paused);
  }

  async submit(task: Task): Promise<void> {
    if (this.#running.has(task.id) || this.#waiting.some(({ id }) => id === task.id)) return;
    const { priority = PRIORITY.usual } = task;
    const place = this.#waiting.findIndex((other) => (other.priority ?? PRIORITY.usual) > priority);
    this.#waiting.splice(place === -1 ? this.#waiting.length : place, 0, task);
    this.#fill();
  }

  async cancel(id: string): Promise<void> {
    const place = this.#waiting.findIndex((task) => task.id === id);
    if (place !== -1) this.#waiting.splice(place, 1);
    this.#running.get(id)?.cancel.abort(new Error("cancelled"));
  }

  async pause(): Promise<void> {
    await writeFile(this.#mark, "");
    this.#paused = true;
    this.emit("paused", true);
  }

  async resume(): Promise<void> {
    await rm(this.#mark, { force: true });
    this.#paused = false;
    this.emit("paused", false);
    this.#fill();
  }

  async isPaused(): Promise<boolean> {
    return this.#paused;
  }

  async state(id: string): Promise<{ readonly state: TaskState }> {
    if (this.#running.has(id)) return { state: "running" };
    return { state: this.#waiting.some((task) => task.id === id) ? "waiting" : "unknown" };
  }

  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #fill(): void {
    while (!this.#draining && !this.#paused && this.#running.size < this.#most) {
      const task = this.#waiting.shift();
      if (!task) return;
      const cancel = new AbortController();
      const ended = this.#do(task, cancel.signal).then(() => {
        this.#running.delete(task.id);
        this.#fill();
      });
      this.#running.set(task.id, { cancel, ended });
    }
  }

  async #do(task: Task, signal: AbortSignal): Promise<void> {
    const { id, out, plan } = task;
    this.emit("begun", id);
    try {
      const { files, ...found } = task.case;
      const one = { ...found, files: new Map(Object.entries(files)) };
      for await (const event of processCases([one], plan, { out, signal, retry: true }))
        if (event.type === "progress") this.emit("progress", id, event.share);
      const outcome = await outcomeOf(task);
      if (outcome?.state === "done") this.emit("done", id, outcome.files);
      else this.emit("failed", id, outcome?.reason ?? "it left no record");
    } catch (error) {
      this.emit("failed", id, signal.aborted ? CANCELLED : reasonOf(error));
    }
  }
}
