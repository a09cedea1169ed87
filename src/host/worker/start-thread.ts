import { findScript, pageThread } from "../../base/calls/index.ts";
import { fail, MidashError } from "../../base/errors/index.ts";
import { type NodeWorker, nodeModule } from "../../base/platform/index.ts";

const WHERE = { call: "openWorker" } as const;

/** A thread with the script of this package: a page's worker, or one of Node's. */
export function startThread(start: (() => Worker) | undefined): NodeWorker {
  const threads = nodeModule("node:worker_threads");
  if (threads && !start) {
    const { existsSync } = nodeModule("node:fs")!;
    const script = findScript("worker/script.js", existsSync);
    if (!script)
      fail("not-found", "its script, worker/script.js of this package, is not there", {
        where: WHERE,
        hint: "don't bundle @midash/core into one file",
      });
    return new threads.Worker(script, { workerData: undefined, execArgv: [] });
  }
  if (!start && typeof Worker === "undefined")
    fail("unsupported", "there are no workers here", { where: WHERE, hint: "use Synthesizer, HeadPipeline" });
  try {
    // Written out, so that bundlers see it and bundle the script. It holds all that it needs: Vite's dev server does not prepare what workers import.
    return pageThread(
      start ? start() : new Worker(new URL("./page.js", import.meta.url), { type: "module" }),
    );
  } catch (cause) {
    throw notStarted(`can't be started: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/** Why a worker is not there, as far as a page says. */
export function notStarted(how: string, cause?: unknown, blockedBy?: string): MidashError {
  if (blockedBy)
    return new MidashError(
      "unsupported",
      `the page's Content-Security-Policy forbids its worker: ${blockedBy}`,
      {
        where: WHERE,
        hint: "allow it (worker-src 'self'), or compute in the page itself: Synthesizer, HeadPipeline",
        cause,
      },
    );
  return new MidashError("io", `its worker ${how}`, {
    where: WHERE,
    hint: [
      "look into the browser's network log: the worker's script may be missing or blocked",
      [
        "bundle @midash/core/worker/script yourself and start it by ",
        { option: "start" },
        ", where a bundler doesn't know new Worker(new URL(...)) (esbuild)",
      ],
    ],
    cause,
  });
}

/** Listens for what a Content-Security-Policy blocks while `work` runs. @param failed makes the error of what was thrown, and of the directive that blocked */
export async function watchingPolicy<T>(
  work: () => Promise<T>,
  failed: (error: unknown, blockedBy: string | undefined) => unknown,
): Promise<T> {
  const page = globalThis.document as Document | undefined;
  let blockedBy: string | undefined;
  const onViolation = (event: SecurityPolicyViolationEvent) => {
    if (event.effectiveDirective === "worker-src" && event.disposition === "enforce")
      blockedBy = event.originalPolicy;
  };
  page?.addEventListener("securitypolicyviolation", onViolation);
  try {
    return await work();
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, 0)); // the page may hear of it a little later
    throw failed(error, blockedBy);
  } finally {
    page?.removeEventListener("securitypolicyviolation", onViolation);
  }
}
