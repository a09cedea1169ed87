import type { Parts } from "./http.ts";

/** What requests left in numbers. */
export interface Counts {
  /** Answers by status. */
  readonly codes: Map<number, number>;
  /** Bytes of uploads. */
  received: number;
  /** Requests that are not answered whole, by token. */
  readonly open: Map<string, number>;
}

/** In the text format of Prometheus. No name of a token, no id of a job. */
export function metricsText({ jobs, work }: Parts, { codes, received, open }: Counts): string {
  const states = ["queued", "running", "done", "failed"] as const;
  const all = jobs.list();
  const lines = [
    "# TYPE midash_jobs gauge",
    ...states.map(
      (state) => `midash_jobs{state="${state}"} ${all.filter((job) => job.state === state).length}`,
    ),
    "# TYPE midash_queue_paused gauge",
    `midash_queue_paused ${work.paused ? 1 : 0}`,
    "# TYPE midash_http_responses_total counter",
    ...[...codes].map(([code, n]) => `midash_http_responses_total{code="${code}"} ${n}`),
    "# TYPE midash_requests_open gauge",
    `midash_requests_open ${[...open.values()].reduce((sum, n) => sum + n, 0)}`,
    "# TYPE midash_upload_bytes_total counter",
    `midash_upload_bytes_total ${received}`,
    "# TYPE midash_job_seconds summary",
    `midash_job_seconds_sum ${work.seconds.sum}`,
    `midash_job_seconds_count ${work.seconds.count}`,
  ];
  return `${lines.join("\n")}\n`;
}
