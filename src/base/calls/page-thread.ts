import type { NodePort, NodeWorker } from "../platform/index.ts";

/** A page's worker, used as Node's threads are. */
export function pageThread(worker: Worker): NodeWorker {
  return {
    postMessage: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    on(event, listener) {
      worker.addEventListener(event, (happened) => {
        if (event !== "error") return listener((happened as MessageEvent).data);
        happened.preventDefault(); // whoever waits is told
        listener(new Error((happened as ErrorEvent).message || "its script did not load"));
      });
    },
    ref: () => undefined, // nothing of a page keeps it open
    unref: () => undefined,
    async terminate() {
      worker.terminate();
      return 0;
    },
  };
}

/** The page, as a worker in it sees it; undefined elsewhere. */
export function pagePort(): NodePort | undefined {
  const scope = globalThis as unknown as DedicatedScope;
  if (typeof scope.WorkerGlobalScope !== "function" || !(globalThis instanceof scope.WorkerGlobalScope))
    return undefined;
  return {
    postMessage: (message, transfer = []) => scope.postMessage(message, [...transfer]),
    on: (event, listener) => addEventListener(event, (happened) => listener((happened as MessageEvent).data)),
  };
}

interface DedicatedScope {
  readonly WorkerGlobalScope?: new () => unknown;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}
