/** Work for several threads: its items are handed out one by one from a counter in shared memory. */
import { runItem } from "./kernels";

/** The words that the threads of a pool share. */
@unmanaged
class Pool {
  /** Number of jobs so far · 256 + the helpers that are to take part. Helpers sleep on it. */
  job: i32;
  next: i32;
  /** Helpers that are done with the job. */
  done: i32;
  items: i32;
  kernel: i32;
  args: usize;
  /** Room for each thread, one after the other. */
  scratch: usize;
  scratchStride: usize;
  /** Set by a thread that could not go on. */
  failed: i32;
}

/** How often a helper looks for work before it sleeps: some 50 µs, as long as the JavaScript between two kernels takes. */
const PATIENCE = 20000;

function work(pool: usize, thread: i32): void {
  const p = changetype<Pool>(pool);
  const scratch = p.scratch + <usize>thread * p.scratchStride;
  for (;;) {
    const item = atomic.add<i32>(pool + offsetof<Pool>("next"), 1);
    if (item >= p.items) break;
    runItem(p.kernel, p.args, item, scratch);
  }
}

/** A helper's life. Threads are numbered from 1; 0 is the caller of {@link run}. */
export function help(pool: usize, thread: i32): void {
  let seen = 0;
  for (;;) {
    let job = atomic.load<i32>(pool);
    for (let tries = 0; job == seen && tries < PATIENCE; tries++) job = atomic.load<i32>(pool);
    while (job == seen) {
      atomic.wait<i32>(pool, seen, -1);
      job = atomic.load<i32>(pool);
    }
    seen = job;
    if (thread > (job & 255)) continue;
    work(pool, thread);
    atomic.add<i32>(pool + offsetof<Pool>("done"), 1);
  }
}

/** Runs all items of a job with that many helpers and returns when they are done. The calling thread works too. */
export function run(pool: usize, helpers: i32, kernel: i32, args: usize, items: i32): void {
  const p = changetype<Pool>(pool);
  p.kernel = kernel;
  p.args = args;
  p.items = items;
  p.next = 0;
  p.done = 0;
  helpers = min(helpers, items - 1);
  if (helpers > 0) {
    atomic.store<i32>(pool, (((p.job >>> 8) + 1) << 8) | helpers); // publishes what was written before it
    atomic.notify(pool, -1);
  }
  work(pool, 0);
  while (helpers > 0 && atomic.load<i32>(pool + offsetof<Pool>("done")) < helpers) {}
}
