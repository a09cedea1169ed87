import type { EventEmitter } from "node:events";
import type { ProcessPlan } from "@midash/core/node";

/** First to last; what says nothing is in the middle. */
export const PRIORITY = { first: 1, usual: 5, last: 10 } as const;

/** Why a task failed that somebody cancelled while it ran. */
export const CANCELLED = "cancelled";

/** A case to do: plain data, so that a worker of any language can read it. Paths are absolute, and the same on all machines. */
export interface Task {
  /** The same id is the same task: submitted twice, it is done once. */
  readonly id: string;
  readonly case: {
    readonly id: string;
    /** For messages. */
    readonly where: string;
    /** Files or folders by what they are: mr, t1, ct, mask, ... */
    readonly files: Readonly<Record<string, string>>;
    /** Of those names, the ones that are inputs. */
    readonly inputs: readonly string[];
  };
  readonly plan: ProcessPlan;
  /** The folder of the results, as `midash process --out`. */
  readonly out: string;
  /** From 1, the first, to 10. Default 5. */
  readonly priority?: number;
}

/** What becomes of a task, to everybody who listens. What a queue says may be said again, or missed while the listener was away. */
export interface TaskEvents {
  begun: [id: string];
  /** From 0 to 1. */
  progress: [id: string, share: number];
  /** With the names of its files. */
  done: [id: string, files: readonly string[]];
  /** It is not tried again unless that is asked for. */
  failed: [id: string, reason: string];
  /** Nothing is begun any more; or again. */
  paused: [paused: boolean];
}

/** Where a task is; "unknown" is one that was never submitted, or is done, or was cancelled. */
export type TaskState = "waiting" | "running" | "failed" | "unknown";

/** Tasks that wait, whoever does them. */
export interface Queue extends EventEmitter<TaskEvents> {
  /** Resolves when it can't be lost any more. */
  submit(task: Task): Promise<void>;
  /** Forgets a task; one that runs is ended. */
  cancel(id: string): Promise<void>;
  /** What runs is finished, and nothing is begun until {@link resume}, by any worker. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  isPaused(): Promise<boolean>;
  state(id: string): Promise<{ readonly state: TaskState; readonly reason?: string }>;
  /** Resolves when what runs in this very process is done, and nothing else is begun here. */
  drain(): Promise<void>;
}
