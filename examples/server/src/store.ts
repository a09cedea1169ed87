import {
  type ConnectionOptions,
  createPostgresBackend,
  type JobsOptions,
  Queue,
  QueueEvents,
  QueueEventsProducer,
} from "bullmq";
import { PRIORITY, type Task } from "./queue.ts";

/** The name of the queue in the store, for workers of any language. */
export const QUEUE = "midash";
/** A worker that has the job of this event ends it. */
export const CANCEL = "midash-cancel";
/** A fault that may pass is met so often, some ten minutes long; then a task is among the dead letters. See `retryAfter`. */
export const ATTEMPTS = 15;

/** What BullMQ's classes take to reach a store. @param address `redis://...` or `postgres://...` */
export function backendOf(address: string) {
  if (!/^rediss?:/.test(address))
    return {
      // Its tables are made, or brought up to this version, by whoever comes first.
      connection: { connectionString: address, migrate: true, max: 4 } as ConnectionOptions,
      factory: createPostgresBackend as never as undefined,
    };
  const retryStrategy = (times: number) => Math.min(200 * times, 2000);
  return {
    connection: { url: address, maxRetriesPerRequest: null, retryStrategy } as ConnectionOptions,
    factory: undefined,
  };
}

/** One end of the queue. What each opens has connections of its own, to be closed. */
export function openStore(address: string) {
  const { connection, factory } = backendOf(address);
  return {
    queue: quiet(new Queue<Task>(QUEUE, { connection }, factory)),
    listen: () => quiet(new QueueEvents(QUEUE, { connection }, factory)),
    tell: () => quiet(new QueueEventsProducer(QUEUE, { connection }, factory)),
  };
}

/** Faults of a connection end nothing: it connects again by itself. */
export function quiet<T extends { on(event: "error", listener: (error: Error) => void): unknown }>(
  one: T,
  onError: (error: Error) => void = () => undefined,
): T {
  one.on("error", onError);
  return one;
}

/** How a task stands in the store. What is done leaves it: that is on disk. What failed stays until somebody looks. */
export function jobOptions({ id, priority = PRIORITY.usual }: Task): JobsOptions {
  return {
    jobId: id,
    priority,
    attempts: ATTEMPTS,
    backoff: { type: "passing" },
    removeOnComplete: true,
    removeOnFail: false,
    stackTraceLimit: 0,
  };
}
