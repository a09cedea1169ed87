import { storeOf } from "./settings.ts";

/** All that can be set of `npm run worker`, from the environment. */
export interface WorkerSettings {
  /** `MIDASH_STORE`: the queue. */
  readonly store: string;
  /** `MIDASH_WORKERS`: processes, each with the models and one case in memory, and its share of the cores. Default 1, or one a card. */
  readonly workers: number;
  /** `MIDASH_GPUS`: cards by number, "0,1": a process each, which sees that one alone. Default: none; one card needs no setting. */
  readonly gpus: readonly string[];
  /** `MIDASH_LOCK_SECONDS`: a worker of which the store hears nothing for so long counts as dead. Default 15. */
  readonly lockMs: number;
}

/** @throws Error that says which setting is wrong */
export function readWorkerSettings(env: NodeJS.ProcessEnv): WorkerSettings {
  const store = storeOf(env.MIDASH_STORE);
  if (store === undefined)
    throw new Error("MIDASH_STORE must be set: without a store the server's own processes do its jobs");
  const gpus = env.MIDASH_GPUS?.split(",").map((one) => one.trim()) ?? [];
  if (gpus.some((one) => !/^[\w-]+$/.test(one)))
    throw new Error(`MIDASH_GPUS must be cards by number, e.g. 0,1; got "${env.MIDASH_GPUS}"`);
  const workers = Number(env.MIDASH_WORKERS ?? Math.max(1, gpus.length));
  if (!Number.isInteger(workers) || workers < 1)
    throw new Error(`MIDASH_WORKERS must be a whole number from 1, got "${env.MIDASH_WORKERS}"`);
  const seconds = Number(env.MIDASH_LOCK_SECONDS ?? 15);
  if (!(seconds >= 1))
    throw new Error(`MIDASH_LOCK_SECONDS must be 1 or more, got "${env.MIDASH_LOCK_SECONDS}"`);
  return { store, workers, gpus, lockMs: 1000 * seconds };
}
