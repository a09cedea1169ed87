/** How much memory processes hold over a run. Linux only. */
import { readFileSync } from "node:fs";

export interface MemorySample {
  /** Seconds since the start. */
  readonly at: number;
  /** MiB. */
  readonly mib: number;
}

/** What a process holds of its own, in MiB, with its share of what it shares; undefined when it is gone. */
function heldBy(pid: number): number | undefined {
  try {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"));
    return pss ? Number(pss[1]) / 1024 : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds of processor that a process, and those that it waited for, used. */
export function cpuOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    return 0;
  }
}

/** By role, samples as they were taken. */
export class MemoryLog {
  readonly #roles = new Map<string, MemorySample[]>();
  readonly #start = performance.now();

  take(role: string, pids: readonly (number | undefined)[]): void {
    const held = pids.flatMap((pid) => (pid === undefined ? [] : (heldBy(pid) ?? [])));
    if (held.length === 0) return;
    const samples = this.#roles.get(role) ?? [];
    this.#roles.set(role, samples);
    samples.push({
      at: (performance.now() - this.#start) / 1000,
      mib: held.reduce((a, b) => a + b, 0) / held.length,
    });
  }

  /** Medians of the second and the last fifth of the time, and the most. */
  summary(): Readonly<Record<string, { early: number; late: number; most: number; samples: number }>> {
    return Object.fromEntries(
      [...this.#roles].map(([role, samples]) => {
        const mib = samples.map((one) => one.mib);
        const fifth = Math.max(1, Math.floor(mib.length / 5));
        const early = median(mib.slice(fifth, 2 * fifth));
        const late = median(mib.slice(-fifth));
        return [role, { early, late, most: Math.max(...mib), samples: mib.length }];
      }),
    );
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
