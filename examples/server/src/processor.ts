/**
 * What a worker's process runs: one case after the other, with the models kept open. Tasks come as messages.
 *
 * @module
 */
import { type MidashError, Registry } from "@midash/core";
import { openMaker, optionalParts, type ProcessPlan, processCase, type SctMaker } from "@midash/core/node";
import type { Answer } from "./case-process.ts";
import { reasonOf } from "./outcome.ts";
import type { Task } from "./queue.ts";

/** Milliseconds between words on how far a case is. */
const PROGRESS_MS = 500;

// Ends with the worker, so that its case is free at once; when to end is the worker's to say, and a terminal sends its signals to all.
process.on("disconnect", () => process.exit());
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);

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
async function answer({ case: { files, ...found }, plan, out }: Task): Promise<Answer> {
  let said = performance.now();
  const onProgress = (progress: number) => {
    if (performance.now() - said < PROGRESS_MS) return;
    said = performance.now();
    tell({ progress });
  };
  try {
    const one = { ...found, files: new Map(Object.entries(files)) };
    const outcome = await processCase(one, plan, { out, onProgress, maker: () => makerOf(plan) });
    if (outcome.status === "busy") return { busy: true };
    const { status, record } = outcome;
    if (status === "failed") return failureOf(record.error);
    const seconds = status === "made" ? record.seconds : 0;
    return { result: { files: [...Object.keys(record.outputs), "record.json"], status, seconds } };
  } catch (error) {
    return failureOf(error as MidashError);
  }
}

/** A disk that is full or away may be better later; what is wrong with a case or a plan stays so. */
function failureOf(error: Pick<MidashError, "kind">): Answer {
  return { failure: { reason: reasonOf(error), mayPass: error.kind === "io" } };
}

function tell(message: Answer): void {
  if (process.connected) process.send?.(message);
}

process.on("message", async (task: Task) => tell(await answer(task)));
