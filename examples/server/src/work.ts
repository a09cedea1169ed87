import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Jobs } from "./jobs.ts";
import type { Log } from "./log.ts";
import { outcomeOf } from "./outcome.ts";
import type { Queue, Task } from "./queue.ts";

/** Under this id a job's case lies in its folder. */
export const CASE = "result";
/** Milliseconds between looks at jobs of which nothing was heard. */
const LOOK_MS = 10_000;
/** So many are looked at each time. */
const LOOKS = 100;
/** Milliseconds between tries to reach a store that is away. */
const AGAIN_MS = 1000;

/** Brings jobs into the queue, and what becomes of them into their files, which are what users see, whoever does the work. */
export class Work {
  readonly #jobs: Jobs;
  readonly #queue: Queue;
  readonly #log: Log;
  readonly #submitted = new Set<string>();
  /** Of those that run, since when. */
  readonly #began = new Map<string, number>();
  /** Removed while they ran. */
  readonly #cancelled = new Set<string>();
  readonly #end = new AbortController();
  #looked = 0;
  #paused = false;
  readonly seconds = { sum: 0, count: 0 };

  constructor(jobs: Jobs, { queue, log }: { readonly queue: Queue; readonly log: Log }) {
    this.#jobs = jobs;
    this.#queue = queue;
    this.#log = log;
    queue.on("begun", (id) => void this.#begin(id));
    queue.on("progress", (id, share) => jobs.progress(id, share));
    queue.on("done", (id, files) => void this.#finish(id, { state: "done", files }));
    queue.on("failed", (id, reason) => void this.#finish(id, { state: "failed", reason }));
    queue.on("paused", (paused) => {
      this.#paused = paused;
    });
    jobs.on("change", (job: Job) => this.#submit(job));
    jobs.on("removed", (id: string) => {
      if (this.#began.delete(id)) this.#cancelled.add(id);
      this.#submitted.delete(id);
      void this.#reach(() => queue.cancel(id)); // one that failed is among the dead letters
    });
    void this.#reach(async () => {
      this.#paused = await queue.isPaused();
    });
    for (const job of jobs.list().toReversed()) this.#submit(job);
    void this.#watch();
  }

  /** Nothing is begun any more, by any worker, until {@link resume}; what runs is finished. */
  pause(): Promise<void> {
    return this.#queue.pause();
  }

  resume(): Promise<void> {
    return this.#queue.resume();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Begins nothing any more; resolves when what this process does is done and written. */
  async drain(): Promise<void> {
    this.#end.abort();
    await this.#queue.drain();
    await this.#jobs.settled();
  }

  #submit(job: Job): void {
    if (job.state !== "queued" || this.#submitted.has(job.id)) return;
    this.#submitted.add(job.id);
    void this.#reach(() => this.#queue.submit(this.#task(job)), job);
  }

  #task(job: Job): Task {
    const { id, plan, priority } = job;
    const files = { mr: this.#jobs.input(job) };
    return {
      id,
      case: { id: CASE, where: "the upload", files, inputs: ["mr"] },
      plan,
      out: this.#jobs.folder(id),
      priority,
    };
  }

  /** What can't be told to the store now is told later; of a job that goes meanwhile, never. */
  async #reach(act: () => Promise<void>, job?: Job): Promise<void> {
    for (let said = false; !this.#end.signal.aborted; said = true) {
      if (job && !this.#jobs.has(job.id)) return;
      try {
        return await act();
      } catch (error) {
        if (!said) this.#log({ job: job?.id, event: "the store is away", why: (error as Error).name });
      }
      await sleep(AGAIN_MS, undefined, { ref: false });
    }
  }

  async #begin(id: string): Promise<void> {
    if (!this.#jobs.has(id)) return; // another's
    this.#began.set(id, performance.now());
    await this.#change(id, (job) =>
      job.state === "done" ? undefined : { ...job, state: "running", reason: undefined, ended: undefined },
    );
  }

  async #finish(id: string, end: Pick<Job, "state" | "reason" | "files">): Promise<void> {
    const began = this.#began.get(id);
    this.#began.delete(id);
    if (this.#cancelled.delete(id)) return this.#jobs.remove(id); // what was written meanwhile
    if (!this.#jobs.has(id)) return;
    await this.#change(id, (job) => {
      if (job.state === "done" || job.state === end.state) return undefined;
      const seconds = (performance.now() - (began ?? performance.now())) / 1000;
      this.seconds.sum += seconds;
      this.seconds.count++;
      this.#log({ job: id, event: end.state, seconds: Number(seconds.toFixed(2)) });
      return { ...job, ...end, ended: new Date().toISOString() };
    });
  }

  /** A full disk, say: the job is looked at again. */
  #change(id: string, how: (job: Job) => Job | undefined): Promise<void> {
    return this.#jobs
      .change(id, how)
      .catch((error: unknown) =>
        this.#log({ job: id, event: "not written", why: (error as NodeJS.ErrnoException).code }),
      );
  }

  async #watch(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
      const open = this.#jobs.list().filter(({ state }) => state === "queued" || state === "running");
      if (this.#looked >= open.length) this.#looked = 0;
      const these = open.slice(this.#looked, this.#looked + LOOKS);
      this.#looked += LOOKS;
      try {
        for (const job of these) if (!signal.aborted) await this.#look(job);
      } catch {
        // The store is away: later.
      }
    }
  }

  /** What was said while nobody listened is found out. */
  async #look(job: Job): Promise<void> {
    const { id } = job;
    const { state, reason } = await this.#queue.state(id);
    if (state === "running" && job.state === "queued") await this.#begin(id);
    if (state === "failed") await this.#finish(id, { state, reason });
    if (state !== "unknown") return;
    const outcome = await outcomeOf(this.#task(job));
    if (outcome?.state === "done") await this.#finish(id, outcome);
    else if (this.#jobs.has(id)) await this.#queue.submit(this.#task(job)); // the store lost it
  }
}
