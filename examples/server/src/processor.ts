/**
 * What a process of a worker runs: one case after the other, with the models kept open.
 *
 * @module
 */
import { type MidashError, Registry } from "@midash/core";
import { openMaker, optionalParts, type ProcessPlan, processCase, type SctMaker } from "@midash/core/node";
import { DelayedError, type SandboxedJob, UnrecoverableError } from "bullmq";
import { reasonOf } from "./outcome.ts";
import { CANCELLED, type Task } from "./queue.ts";

/** What BullMQ tells whoever listens of a case that is done. */
export interface Result {
  /** Names of its files. */
  readonly files: readonly string[];
  /** "there": somebody had made it before. */
  readonly status: "made" | "there";
  /** What it took without the queue; 0 where it was there. */
  readonly seconds: number;
}

/** Milliseconds until a case that another process has is looked at again. */
const BUSY_MS = 5000;
/** Milliseconds between words on how far it is. */
const PROGRESS_MS = 500;

process.on("disconnect", () => process.exit()); // the worker died: so that its cases are free at once

let opened: { readonly plan: string; readonly maker: Promise<SctMaker> } | undefined;

function makerOf(plan: ProcessPlan): Promise<SctMaker> {
  const text = JSON.stringify(plan);
  if (opened?.plan === text) return opened.maker;
  opened?.maker.then(
    (maker) => maker.dispose(),
    () => undefined,
  );
  const maker = openMaker(plan, { registry: new Registry(optionalParts()) });
  opened = { plan: text, maker };
  maker.catch(() => {
    opened = undefined; // another try reads the models again
  });
  return maker;
}

/** Done once, however often it is called: what is there and fits is left alone, and whoever works on a case has claimed it. */
// biome-ignore lint/style/noDefaultExport: what BullMQ loads
export default async function processTask(
  job: SandboxedJob<Task>,
  token?: string,
  signal?: AbortSignal,
): Promise<Result> {
  const { case: one, plan, out } = job.data ?? {};
  if (!one?.files || !plan || !out)
    throw new UnrecoverableError("is no task of midash: it was put in by something else");
  const { files, ...found } = one;
  let said = performance.now();
  const onProgress = (share: number) => {
    if (performance.now() - said < PROGRESS_MS) return;
    said = performance.now();
    void job.updateProgress(share).catch(() => undefined);
  };
  const outcome = await processCase({ ...found, files: new Map(Object.entries(files)) }, plan, {
    ...{ out, signal, onProgress },
    maker: () => makerOf(plan),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw new UnrecoverableError(CANCELLED);
    throw faultOf(error as MidashError);
  });
  if (outcome.status === "busy") {
    await job.moveToDelayed(Date.now() + BUSY_MS, token);
    throw new DelayedError();
  }
  const { status, record } = outcome;
  if (status === "failed") throw faultOf(record.error);
  return {
    files: [...Object.keys(record.outputs), "record.json"],
    status,
    seconds: status === "made" ? record.seconds : 0,
  };
}

/** A disk that is full or away may be better later; what is wrong with a case or a plan stays so. */
function faultOf(error: Pick<MidashError, "kind">): Error {
  return error.kind === "io" ? new Error(reasonOf(error)) : new UnrecoverableError(reasonOf(error));
}
