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

/** Places values that don't live at the same time in the same memory: the largest first, each as low as it fits (Pisarchyk and Lee 2020, "greedy by size"). */
export function planArena(lifetimes: readonly Lifetime[]): Arena {
  const offsets = new Map<string, number>();
  const placed: (Lifetime & { readonly offset: number })[] = [];
  const order = [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.from - b.from);
  for (const value of order) {
    const beside = placed
      .filter(({ from, to }) => from <= value.to && value.from <= to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of beside) {
      if (offset + aligned(value.bytes) <= other.offset) break;
      offset = Math.max(offset, other.offset + aligned(other.bytes));
    }
    offsets.set(value.name, offset);
    placed.push({ ...value, offset });
  }
  const end = ({ offset, bytes }: (typeof placed)[number]) => offset + aligned(bytes);
  const steps = Math.max(0, ...lifetimes.map(({ to }) => to)) + 2;
  const alive = Array.from({ length: steps }, (_, n) =>
    lifetimes.reduce(
      (sum, { from, to, bytes }) => (from <= n - 1 && n - 1 <= to ? sum + aligned(bytes) : sum),
      0,
    ),
  );
  return {
    offsets,
    bytes: placed.reduce((most, value) => Math.max(most, end(value)), 0),
    least: Math.max(...alive),
    sum: lifetimes.reduce((sum, { bytes }) => sum + aligned(bytes), 0),
  };
}
