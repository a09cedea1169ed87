import { nodeProcess } from "../../../base/platform/index.ts";

/** Milliseconds that an ending process waits for a pass; then it ends as it may. */
const PATIENCE = 60_000;

/** Calls that the thread has not answered. */
const PENDING = 0;
/** 1: what has not begun is not worth beginning. */
const ENDING = 1;

/** Memory that both threads see, see {@link Busy}. */
export function sharedBusy(): SharedArrayBuffer {
  return new SharedArrayBuffer(8);
}

/**
 * Whether the thread has work. A thread that is ended inside ONNX Runtime takes the whole process down (it aborts, exit code 134), so
 * neither is it ended then, nor does the process end: on its way out it waits for the pass that runs.
 */
export class Busy {
  readonly #flags: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#flags = new Int32Array(memory);
  }

  get idle(): boolean {
    return Atomics.load(this.#flags, PENDING) === 0;
  }

  get ending(): boolean {
    return Atomics.load(this.#flags, ENDING) === 1;
  }

  /** A call goes to the thread. */
  begin(): void {
    Atomics.add(this.#flags, PENDING, 1);
  }

  /** The thread is through with a call. */
  finish(): void {
    Atomics.sub(this.#flags, PENDING, 1);
    Atomics.notify(this.#flags, PENDING);
  }

  /** Calls that have not begun will not begin. */
  end(): void {
    Atomics.store(this.#flags, ENDING, 1);
  }

  /** The thread is gone, and its calls with it. */
  gone(): void {
    Atomics.store(this.#flags, PENDING, 0);
  }

  /** Makes the process wait when it ends. @returns what undoes that */
  guardExit(): () => void {
    const onExit = () => {
      this.end();
      const until = performance.now() + PATIENCE;
      for (let n = Atomics.load(this.#flags, PENDING); n > 0; n = Atomics.load(this.#flags, PENDING))
        if (Atomics.wait(this.#flags, PENDING, n, until - performance.now()) === "timed-out") return;
    };
    const process = nodeProcess();
    process?.on("exit", onExit);
    return () => void process?.off("exit", onExit);
  }
}
