import { aborted, errorJson, MidashError, throwIfAborted } from "../errors/index.ts";
import type { NodeWorker } from "../platform/index.ts";
import type { AnswerMessage, GivenUpMessage, RequestMessage } from "./messages.ts";

/** Options of {@link Calls}. */
export interface CallsOptions {
  /** The error of calls to a thread that is no more. @param how "failed: out of memory", "ended (exit code 1)" */
  readonly lost: (how: string, cause?: unknown) => MidashError;
  /** Called when a request has gone to the thread. */
  readonly onSent?: () => void;
  /** Called when an answer has come, also to a call that was given up. */
  readonly onAnswer?: () => void;
}

/** Options of a call. */
export interface CallOptions {
  /** Memory that goes along to the thread instead of being copied. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Gives the call up: the thread is told so, and stops when it looks; its answer is dropped. */
  readonly signal?: AbortSignal;
  /** What the thread says on the way. */
  readonly onNote?: (what: unknown) => void;
}

interface Waiting {
  readonly onNote?: (what: unknown) => void;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Requests to a thread that runs `answerCalls`, and who waits for the answers. The thread keeps the process alive only while somebody waits. */
export class Calls<Request> {
  readonly #thread: NodeWorker;
  readonly #options: CallsOptions;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #ended: MidashError | undefined;

  constructor(thread: NodeWorker, options: CallsOptions) {
    this.#thread = thread;
    this.#options = options;
    const { lost, onAnswer } = options;
    thread.unref();
    thread.on("message", (message) => {
      const answer = message as AnswerMessage;
      if ("note" in answer) return this.#waiting.get(answer.id)?.onNote?.(answer.note);
      const waiting = this.#take(answer.id);
      onAnswer?.();
      if (!waiting) return; // given up
      if ("value" in answer) waiting.resolve(answer.value);
      else waiting.reject(MidashError.from(answer.error));
    });
    thread.on("error", (cause) => this.end(lost(`failed: ${errorJson(cause).what}`, cause)));
    thread.on("messageerror", (cause) => this.end(lost("sent what can't be read", cause)));
    thread.on("exit", (code) => this.end(lost(`ended (exit code ${code})`)));
  }

  /** True when no further call is taken. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** @throws MidashError what the thread threw, `aborted`, or that of {@link end} */
  async ask(request: Request, options: CallOptions = {}): Promise<unknown> {
    const { transfer = [], signal, onNote } = options;
    throwIfAborted(signal);
    if (this.#ended) throw this.#ended;
    const id = this.#next++;
    const onAbort = () => {
      this.#thread.postMessage({ id, givenUp: true } satisfies GivenUpMessage);
      this.#take(id)?.reject(aborted(signal));
    };
    signal?.addEventListener("abort", onAbort);
    try {
      return await new Promise((resolve, reject) => {
        this.#thread.postMessage({ id, request } satisfies RequestMessage, transfer); // what can't be sent throws here
        this.#options.onSent?.();
        this.#waiting.set(id, { resolve, reject, onNote });
        this.#thread.ref();
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Refuses all calls, those that wait included, with the first error given. The thread goes on. */
  end(error: MidashError): void {
    this.#ended ??= error;
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(this.#ended);
  }

  /** Who waits for an answer; nobody waits for it from now on. */
  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#thread.unref();
    return waiting;
  }
}
