/**
 * The library in a worker: pages stay alive while it computes.
 *
 * @example
 * import { openWorker } from "@midash/core/worker";
 * const worker = await openWorker();
 * const head = await worker.head();
 * const { sct } = await head.synthesize(mr);
 *
 * @packageDocumentation
 */
export {
  type MidashWorker,
  openWorker,
  type WorkerHead,
  type WorkerOptions,
  type WorkerSynthesizer,
} from "./open-worker.ts";
export type { ClassifyOptions, WorkerEngine } from "./requests.ts";
