import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ProcessPlan } from "@midash/core/node";

export type JobState = "queued" | "running" | "done" | "failed";

/** A job as its file holds it. Nothing of a patient: a file's name is not kept. */
export interface Job {
  readonly id: string;
  /** Name of the token. */
  readonly owner: string;
  /** What the client calls the request, so that one that is sent again makes no second job. */
  readonly requestKey?: string;
  /** Extension of the MR's file. */
  readonly extension: string;
  readonly plan: ProcessPlan;
  readonly created: string;
  readonly state: JobState;
  /** From 1, done first, to 10. Default 5. */
  readonly priority?: number;
  /** From 0 to 1, while it runs; not kept. */
  readonly progress?: number;
  readonly ended?: string;
  /** Why it failed: what, and what to do. */
  readonly reason?: string;
  /** Names of its files. */
  readonly files?: readonly string[];
}

/** Jobs as folders of one folder: the queue is what is there, so a server that dies loses none. Emits "change" with a job. */
export class Jobs extends EventEmitter {
  readonly #folder: string;
  readonly #jobs = new Map<string, Job>();
  /** The last change of each that is being written: one after the other. */
  readonly #writing = new Map<string, Promise<void>>();

  private constructor(folder: string) {
    super();
    this.setMaxListeners(0);
    this.#folder = folder;
  }

  /** What was running when a server ended waits again, until somebody says that it still runs; half uploads go. */
  static async open(data: string): Promise<Jobs> {
    const jobs = new Jobs(join(resolve(data), "jobs"));
    await mkdir(jobs.#folder, { recursive: true, mode: 0o700 });
    for (const id of await readdir(jobs.#folder)) {
      const text = await readFile(join(jobs.#folder, id, "job.json"), "utf8").catch(() => undefined);
      if (text === undefined) await rm(join(jobs.#folder, id), { recursive: true, force: true });
      else {
        const job = JSON.parse(text) as Job;
        jobs.#jobs.set(id, job.state === "running" ? { ...job, state: "queued" } : job);
      }
    }
    return jobs;
  }

  /** The newest first. */
  list(owner?: string): readonly Job[] {
    const all = [...this.#jobs.values()].filter((job) => owner === undefined || job.owner === owner);
    return all.sort((a, b) => (a.created < b.created ? 1 : -1));
  }

  /** Another's job is as one that is not there. */
  get(id: string, owner: string): Job | undefined {
    const job = this.#jobs.get(id);
    return job?.owner === owner ? job : undefined;
  }

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  /** A folder for a new job. @returns its id */
  async begin(): Promise<string> {
    const id = randomUUID();
    await mkdir(this.folder(id), { mode: 0o700 });
    return id;
  }

  folder(id: string): string {
    return join(this.#folder, id);
  }

  input({ id, extension }: Pick<Job, "id" | "extension">): string {
    return join(this.folder(id), `mr${extension}`);
  }

  /** Written whole, and flushed, before anybody is told. */
  put(job: Job): Promise<void> {
    return this.#next(job.id, () => job);
  }

  /** As {@link put}, of a job that is there; one that was removed is not asked for. @param how what it becomes; undefined: it stays */
  change(id: string, how: (job: Job) => Job | undefined): Promise<void> {
    return this.#next(id, () => {
      const now = this.#jobs.get(id);
      return now && how(now);
    });
  }

  /** Resolves when all that was asked for is written. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writing.values());
  }

  #next(id: string, how: () => Job | undefined): Promise<void> {
    const before = this.#writing.get(id) ?? Promise.resolve();
    const written = before
      .catch(() => undefined)
      .then(async () => {
        const known = this.#jobs.has(id);
        const job = how();
        if (!job) return;
        await this.#write(job);
        if (known && !this.#jobs.has(id)) return; // removed meanwhile
        this.#jobs.set(id, job);
        this.emit("change", job);
      })
      .finally(() => {
        if (this.#writing.get(id) === written) this.#writing.delete(id);
      });
    this.#writing.set(id, written);
    return written;
  }

  /** Of a job that runs: told, not written. */
  progress(id: string, share: number): void {
    const job = this.#jobs.get(id);
    if (job?.state !== "running") return;
    const further = { ...job, progress: share };
    this.#jobs.set(id, further);
    this.emit("change", further);
  }

  async #write({ progress: _, ...job }: Job): Promise<void> {
    const path = join(this.folder(job.id), "job.json");
    const handle = await open(`${path}.tmp`, "w", 0o600);
    try {
      await handle.writeFile(JSON.stringify(job));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.tmp`, path);
  }

  async remove(id: string): Promise<void> {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (job) this.emit("removed", id);
    await this.#writing.get(id)?.catch(() => undefined);
    // Who works on it may still be writing.
    await rm(this.folder(id), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
