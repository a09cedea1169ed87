import { errorJson } from "../errors/index.ts";
import type { NodePort } from "../platform/index.ts";
import type { AnswerMessage, RequestMessage } from "./messages.ts";

/** What a call gives. */
export interface Answer {
  readonly value: unknown;
  /** Memory that goes along with it instead of being copied. */
  readonly transfer?: readonly ArrayBuffer[];
}

/**
 * Answers the requests of a `Calls` at the other end of `port`.
 *
 * @param answer what it throws, the caller's `ask` throws
 * @param options.onDone called when a request is through, before its answer goes
 */
export function answerCalls<Request>(
  port: NodePort,
  answer: (request: Request, id: number) => Promise<Answer>,
  options: { readonly onDone?: () => void } = {},
): void {
  port.on("message", async (asked) => {
    const { id, request } = asked as RequestMessage;
    let message: AnswerMessage;
    let transfer: readonly ArrayBuffer[] = [];
    try {
      const { value, transfer: along = [] } = await answer(request as Request, id);
      message = { id, value };
      transfer = along;
    } catch (error) {
      message = { id, error: errorJson(error) };
    } finally {
      options.onDone?.();
    }
    port.postMessage(message, transfer);
  });
}
