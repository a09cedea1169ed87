/** The library in its worker: one for the page, started early, started again where it failed. */

import { type MidashWorker, openWorker, type WorkerHead } from "@midash/core/worker";
import { signal } from "@preact/signals";

/** What computes. */
export interface Engine {
  readonly backend: string;
  /** Cores that it may use: 1 where the page is not isolated. */
  readonly threads: number;
  /** What would have been faster, and why it is not used. */
  readonly passedOver: readonly { readonly backend: string; readonly reason: string }[];
}

export const engine = signal<Engine | undefined>(undefined);

let worker: Promise<MidashWorker> | undefined;
let head: Promise<WorkerHead> | undefined;

/** The worker; the first call starts it. */
export function theWorker(): Promise<MidashWorker> {
  worker ??= openWorker().then((opened) => {
    const { backend, passedOver } = opened;
    const threads = crossOriginIsolated ? navigator.hardwareConcurrency : 1;
    engine.value = { backend, passedOver, threads };
    return opened;
  });
  worker.catch(() => (worker = undefined)); // whoever asks next tries again
  return worker;
}

/** The model of heads in the worker: its 6 MB are loaded by the first call. */
export function theHead(): Promise<WorkerHead> {
  head ??= theWorker().then((opened) => opened.head());
  head.catch(() => (head = undefined));
  return head;
}

/** Begins to load the worker. What goes wrong is said by the first action that needs it. */
export function startEngine(): void {
  theWorker().catch(() => undefined);
}
