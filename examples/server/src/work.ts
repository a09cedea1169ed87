import { type ProcessPlan, processCases } from "@midash/core/node";
import type { Job, Jobs } from "./jobs.ts";
import type { Log } from "./log.ts";

/** Under this id a job's case lies in its folder. */
export const CASE = "result";

/** Does jobs as they come, so many at once, each in a process of its own. */
export class Work {
  readonly #jobs: Jobs;
  readonly #log: Log;
  readonly #running = new Map<string, { readonly cancel: AbortController; readonly ended: Promise<void> }>();
  readonly #most: number;
  #draining = false;
  readonly seconds = { sum: 0, count: 0 };

  constructor(jobs: Jobs, options: { readonly workers: number; readonly log: Log }) {
    this.#jobs = jobs;
    this.#most = options.workers;
    this.#log = options.log;
    jobs.on("change", () => this.#fill());
    jobs.on("removed", (id: string) => this.#running.get(id)?.cancel.abort(new Error("cancelled")));
    this.#fill();
  }

  /** Begins nothing any more; resolves when what runs is done. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #fill(): void {
    while (!this.#draining && this.#running.size < this.#most) {
      const job = this.#jobs.list().findLast(({ id, state }) => state === "queued" && !this.#running.has(id));
      if (!job) return;
      const cancel = new AbortController();
      const ended = this.#do(job, cancel.signal)
        .catch((error: unknown) => this.#log({ job: job.id, event: "lost", why: kindOf(error) }))
        .then(() => {
          this.#running.delete(job.id);
          this.#fill();
        });
      this.#running.set(job.id, { cancel, ended });
    }
  }

  async #do(job: Job, signal: AbortSignal): Promise<void> {
    const started = performance.now();
    await this.#jobs.put({ ...job, state: "running" });
    const end = await this.#outcome(job, signal);
    if (signal.aborted) return; // removed, with its folder
    const seconds = (performance.now() - started) / 1000;
    this.seconds.sum += seconds;
    this.seconds.count++;
    await this.#jobs.put({ ...job, ...end, ended: new Date().toISOString() });
    this.#log({ job: job.id, event: end.state, seconds: Number(seconds.toFixed(2)) });
  }

  async #outcome(job: Job, signal: AbortSignal): Promise<Pick<Job, "state" | "reason" | "files">> {
    const file = this.#jobs.input(job);
    const found = { id: CASE, where: "the upload", files: new Map([["mr", file]]), inputs: ["mr"] };
    try {
      const options = { out: this.#jobs.folder(job.id), signal, retry: true };
      for await (const event of processCases([found], job.plan satisfies ProcessPlan, options)) {
        if (event.type !== "case") continue;
        if (event.status !== "failed")
          return { state: "done", files: [...Object.keys(event.record.outputs), "record.json"] };
        // Without the place: it would be a path of this machine.
        const { what, hint } = event.record.error;
        return {
          state: "failed",
          reason: [what, typeof hint === "string" ? hint : ""].filter(Boolean).join("; "),
        };
      }
      return { state: "done", files: job.files ?? [] }; // it was there: the server died between the two
    } catch (error) {
      return { state: "failed", reason: `the server could not do it (${kindOf(error)})` };
    }
  }
}

function kindOf(error: unknown): string {
  return (error as { readonly kind?: string } | undefined)?.kind ?? "internal";
}
