import { EventEmitter } from "node:events";
import type { Queue as Bull, QueueEvents, QueueEventsProducer } from "bullmq";
import { deadReason } from "./dead-reason.ts";
import type { Queue, Task, TaskEvents, TaskState } from "./queue.ts";
import { CANCEL, jobOptions, openStore } from "./store.ts";

/** BullMQ's queue in Redis or PostgreSQL: workers are processes of their own, on any machine that sees the same files. */
export class BullQueue extends EventEmitter<TaskEvents> implements Queue {
  readonly #bull: Bull<Task>;
  readonly #events: QueueEvents;
  readonly #teller: QueueEventsProducer;

  constructor(address: string) {
    super();
    const store = openStore(address);
    this.#bull = store.queue;
    this.#teller = store.tell();
    this.#events = store.listen();
    this.#events
      .on("active", ({ jobId }) => this.emit("begun", jobId))
      .on("progress", ({ jobId, data }) => this.emit("progress", jobId, Number(data)))
      .on("completed", ({ jobId, returnvalue }) =>
        this.emit("done", jobId, (returnvalue as unknown as { files: string[] }).files),
      )
      .on("failed", ({ jobId, failedReason }) => this.emit("failed", jobId, deadReason(failedReason)))
      .on("paused", () => this.emit("paused", true))
      .on("resumed", () => this.emit("paused", false));
  }

  async submit(task: Task): Promise<void> {
    await this.#bull.add("case", task, jobOptions(task));
  }

  async cancel(id: string): Promise<void> {
    const job = await this.#bull.getJob(id);
    if (!job) return;
    if (await job.isActive()) await this.#teller.publishEvent({ eventName: CANCEL, jobId: id });
    else await job.remove();
  }

  pause(): Promise<void> {
    return this.#bull.pause();
  }

  resume(): Promise<void> {
    return this.#bull.resume();
  }

  isPaused(): Promise<boolean> {
    return this.#bull.isPaused();
  }

  async state(id: string): Promise<{ readonly state: TaskState; readonly reason?: string }> {
    const job = await this.#bull.getJob(id);
    const state = await job?.getState();
    if (!job || state === undefined || state === "unknown" || state === "completed")
      return { state: "unknown" };
    if (state === "failed") return { state, reason: deadReason(job.failedReason) };
    return { state: state === "active" ? "running" : "waiting" };
  }

  async drain(): Promise<void> {
    await Promise.allSettled([this.#events.close(), this.#teller.close(), this.#bull.close()]);
  }
}
