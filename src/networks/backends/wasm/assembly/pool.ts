/** Work for several threads: its items are handed out one by one from a counter in shared memory. */
import { runItem } from "./kernels";

/** The words that the threads of a pool share. */
@unmanaged
class Pool {
  /** Number of jobs so far · 256 + seats that are free. A helper takes a seat or stays out; it sleeps on this word. */
  gate: i32;
  next: i32;
  /** Helpers that left their seats. */
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

/** How often a thread looks before it sleeps: some 50 µs, as long as the JavaScript between two kernels takes. */
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
    let gate = atomic.load<i32>(pool);
    for (let tries = 0; gate >>> 8 == seen && tries < PATIENCE; tries++) gate = atomic.load<i32>(pool);
    while (gate >>> 8 == seen) {
      atomic.wait<i32>(pool, gate, -1);
      gate = atomic.load<i32>(pool);
    }
    seen = gate >>> 8;
    while (gate >>> 8 == seen && gate & 255) {
      const found = atomic.cmpxchg<i32>(pool, gate, gate - 1);
      if (found == gate) {
        work(pool, thread);
        atomic.add<i32>(pool + offsetof<Pool>("done"), 1);
        atomic.notify(pool + offsetof<Pool>("done"), 1);
        break;
      }
      gate = found;
    }
  }
}

/**
 * Runs all items of a job with up to that many helpers and returns when they are done. The calling thread works too; it waits only
 * for helpers that took a seat. `sleep`: whether it may sleep meanwhile, which the main thread of a page may not.
 */
export function run(pool: usize, helpers: i32, sleep: bool, kernel: i32, args: usize, items: i32): void {
  const p = changetype<Pool>(pool);
  p.kernel = kernel;
  p.args = args;
  p.items = items;
  p.next = 0;
  p.done = 0;
  helpers = min(helpers, items - 1);
  if (helpers <= 0) return work(pool, 0);
  const job = (atomic.load<i32>(pool) >>> 8) + 1;
  atomic.store<i32>(pool, (job << 8) | helpers); // publishes what was written before it
  atomic.notify(pool, -1);
  work(pool, 0);
  helpers -= atomic.and<i32>(pool, ~255) & 255; // closes the gate: who has no seat by now stays out
  let done = atomic.load<i32>(pool + offsetof<Pool>("done"));
  for (let tries = 0; done < helpers; done = atomic.load<i32>(pool + offsetof<Pool>("done")))
    if (sleep && ++tries > PATIENCE) atomic.wait<i32>(pool + offsetof<Pool>("done"), done, 1000000);
}
