import { aligned } from "./weight-store.ts";

/** A value in memory: from the step that writes it to the last that reads it, both included. */
export interface Lifetime {
  readonly name: string;
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

/** Where each value lies in one buffer. */
export interface Arena {
  readonly offsets: ReadonlyMap<string, number>;
  readonly bytes: number;
  /** What the values that live at one time need, at most: no arena is smaller. */
  readonly least: number;
  /** What they would need side by side. */
  readonly sum: number;
}

/**
 * Places values that don't live at the same time in the same memory, each as low as it fits: the largest first (Pisarchyk and Lee 2020, "greedy by size"), or the earliest first,
 * whichever takes less. The latter is better where few large values follow each other, as at the end of a network with many channels.
 */
export function planArena(lifetimes: readonly Lifetime[]): Arena {
  const bySize = [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.from - b.from);
  const byTime = [...lifetimes].sort((a, b) => a.from - b.from || b.bytes - a.bytes);
  const [one, other] = [placed(bySize), placed(byTime)];
  const starts = new Set(lifetimes.map(({ from }) => from)); // where memory grows
  const alive = [...starts].map((n) =>
    lifetimes.reduce((sum, { from, to, bytes }) => (from <= n && n <= to ? sum + aligned(bytes) : sum), 0),
  );
  return {
    ...(one.bytes <= other.bytes ? one : other),
    least: Math.max(...alive),
    sum: lifetimes.reduce((sum, { bytes }) => sum + aligned(bytes), 0),
  };
}

function placed(order: readonly Lifetime[]): Pick<Arena, "offsets" | "bytes"> {
  const done: (Lifetime & { readonly offset: number; readonly end: number })[] = [];
  for (const value of order) {
    const beside = done
      .filter(({ from, to }) => from <= value.to && value.from <= to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of beside) {
      if (offset + aligned(value.bytes) <= other.offset) break;
      offset = Math.max(offset, other.end);
    }
    done.push({ ...value, offset, end: offset + aligned(value.bytes) });
  }
  return {
    offsets: new Map(done.map(({ name, offset }) => [name, offset])),
    bytes: Math.max(...done.map(({ end }) => end)),
  };
}
