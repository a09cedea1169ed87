import { aborted, throwIfAborted } from "../../base/errors/index.ts";
import type { WorkerTrainEvent, WorkerTraining } from "./training-task.ts";

/** Asks the training in the worker; `onNote` gets what it tells on the way. */
type Ask = (
  method: string,
  values: readonly unknown[],
  options?: { readonly resume?: boolean },
  onNote?: (event: unknown) => void,
) => Promise<unknown>;

/** The page's side of a training. */
export function workerTraining(ask: Ask, dispose: () => void): WorkerTraining {
  const quietly = (method: string, ...values: readonly unknown[]) =>
    void ask(method, values).catch(() => undefined);
  return {
    async *fit({ signal, resume } = {}) {
      throwIfAborted(signal);
      const events: WorkerTrainEvent[] = [];
      let wake = () => {};
      let ended: { readonly error?: unknown } | undefined;
      const told = ask("fit", [], { resume }, (event) => {
        events.push(event as WorkerTrainEvent);
        wake();
      })
        .then(
          () => (ended = {}),
          (error: unknown) => (ended = { error }),
        )
        .finally(() => wake());
      const onAbort = () => quietly("abort");
      signal?.addEventListener("abort", onAbort);
      try {
        while (!ended || events.length > 0) {
          const event = events.shift();
          if (event) yield event;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
        if ("error" in ended) throw signal?.aborted ? aborted(signal) : ended.error;
      } finally {
        signal?.removeEventListener("abort", onAbort);
        if (!ended) {
          quietly("stop");
          await told;
        }
      }
    },
    setLearningRate: (rate) => quietly("setLearningRate", rate),
    stop: () => quietly("stop"),
    model: () => ask("model", []) as Promise<Uint8Array>,
    dispose,
  };
}
