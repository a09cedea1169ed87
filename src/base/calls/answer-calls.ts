import { errorJson } from "../errors/index.ts";
import type { NodePort } from "../platform/index.ts";
import type { AnswerMessage, GivenUpMessage, RequestMessage } from "./messages.ts";

/** What a call gives. */
export interface Answer {
  readonly value: unknown;
  /** Memory that goes along with it instead of being copied. */
  readonly transfer?: readonly ArrayBuffer[];
}

/** What stands between a call's work and its caller. */
export interface CallContext {
  /** Fires when the caller has given up. */
  readonly signal: AbortSignal;
  /** Says something on the way: the caller's `onNote` gets it. @param transfer memory that goes along instead of being copied */
  note(what: unknown, transfer?: readonly ArrayBuffer[]): void;
}

/**
 * Answers the requests of a `Calls` at the other end of `port`.
 *
 * @param answer what it throws, the caller's `ask` throws
 * @param options.onDone called when a request is through, before its answer goes
 */
export function answerCalls<Request>(
  port: NodePort,
  answer: (request: Request, id: number, context: CallContext) => Promise<Answer>,
  options: { readonly onDone?: () => void } = {},
): void {
  const running = new Map<number, AbortController>();
  port.on("message", async (said) => {
    const { id, ...asked } = said as RequestMessage | GivenUpMessage;
    if ("givenUp" in asked) return running.get(id)?.abort();
    const control = new AbortController();
    running.set(id, control);
    const { signal } = control;
    const note: CallContext["note"] = (what, along) =>
      port.postMessage({ id, note: what } satisfies AnswerMessage, along);
    let message: AnswerMessage;
    let transfer: readonly ArrayBuffer[] = [];
    try {
      const { value, transfer: along = [] } = await answer(asked.request as Request, id, { signal, note });
      message = { id, value };
      transfer = along;
    } catch (error) {
      message = { id, error: errorJson(error) };
    } finally {
      running.delete(id);
      options.onDone?.();
    }
    port.postMessage(message, transfer);
  });
}
