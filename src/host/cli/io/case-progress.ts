import type { ProgressBar } from "./output.ts";

/** Shows cases as they are done, and how long the rest will take: what was there before took no time. */
export interface CaseProgress {
  /** @param before cases that were there */
  start(before: number, total: number): void;
  done(done: number, total: number, id: string): void;
}

/** On a bar. */
export function caseProgress(bar: ProgressBar): CaseProgress {
  const started = performance.now();
  let before = 0;
  return {
    start(there, total) {
      before = there;
      bar.update(before, total);
    },
    done(done, total, id) {
      const left = (((performance.now() - started) / (done - before)) * (total - done)) / 1000;
      bar.update(done, total, done < total ? `${id}, ${timeText(left)} left` : id);
    },
  };
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
