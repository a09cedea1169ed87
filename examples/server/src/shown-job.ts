import type { Job } from "./jobs.ts";

/** What a client sees of a job. */
export function shownJob({ id, state, created, ended, reason, files, plan, priority, progress }: Job) {
  const { labels, uncertainty, classify, report } = plan;
  return {
    ...{ id, state, created, ended, priority, progress, reason, files },
    plan: { labels, uncertainty, classify, report },
  };
}
