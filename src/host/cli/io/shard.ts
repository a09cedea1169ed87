import { assert } from "../../../base/errors/index.ts";

/** A share of work that several jobs do, which know nothing of each other. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** For commands whose work is of independent parts. */
export const SHARD_OPTION = [
  "--shard <i/n>",
  "only the i-th of n shares of the work, from 1: one for each job of a cluster",
] as const;

/** All of the work. */
const WHOLE: Shard = { index: 0, count: 1 };

/** Reads `--shard`. @throws MidashError `invalid-argument` */
export function shardOf(text: string | undefined): Shard {
  if (text === undefined) return WHOLE;
  const [, i, n] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const [index, count] = [Number(i) - 1, Number(n)];
  assert(index >= 0 && index < count, `must be i/n with i from 1 to n, got "${text}"`, {
    where: "--shard",
    hint: "e.g. 1/4, 2/4, 3/4 and 4/4 for four jobs",
  });
  return { index, count };
}

/** Whether part `n` of the work, from 0, is this share's. */
export function inShard({ index, count }: Shard, n: number): boolean {
  return n % count === index;
}
