import { setImmediate } from "node:timers/promises";
import type { Dataset } from "../../../road/data/index.ts";
import type { BestEpoch, EndReason, TrainEvent, Trainer, Watched } from "../../../road/training/index.ts";
import type { Output, ProgressBar } from "../io/output.ts";
import { RunNow } from "../watch/run-now.ts";
import type { TrainingWatch } from "../watch/run-watch.ts";

/** How a training ended. */
export interface TrainingEnd {
  readonly reason: EndReason;
  readonly epochs: number;
  readonly best: BestEpoch;
  readonly parameters: number;
  readonly backend: string;
}

/** Runs a trainer to its end and tells about it: a line an epoch, a bar within. */
export async function watchTraining(
  trainer: Trainer,
  dataset: Dataset,
  output: Output,
  options: {
    readonly signal: AbortSignal;
    readonly resume?: boolean;
    readonly stepsPerEpoch?: number;
    readonly onStart?: (start: Extract<TrainEvent, { type: "start" }>) => Promise<void>;
    /** Sees what the terminal shows. It is closed at the end. */
    readonly watch?: TrainingWatch;
  },
): Promise<TrainingEnd> {
  const { signal, resume, watch, onStart } = options;
  const now = new RunNow(options.stepsPerEpoch);
  let bar: ProgressBar | undefined;
  let problem: Parameters<TrainingWatch["close"]>[0];
  try {
    for await (const event of trainer.fit(dataset, { signal, resume, steer: watch?.steer })) {
      now.see(event, trainer.history);
      if (event.type === "start") {
        await onStart?.(event);
        sayStart(event, output);
      } else if (event.type === "step") {
        bar ??= output.progress(`epoch ${event.epoch}/${now.start?.epochs}`);
        bar.update(event.batches, now.stepsPerEpoch, now.line);
      } else if (event.type === "epoch") {
        bar?.stop();
        bar = undefined;
        output.say(epochLine(event));
      }
      await watch?.see(event, now);
      if (event.type === "step") await setImmediate(); // steps run without a pause: let SIGINT in
      if (event.type !== "end") continue;
      if (event.reason === "early stopping")
        output.say(`Stopped early: no better validation since epoch ${event.best.epoch}`);
      const { parameters = 0, backend = "" } = now.start ?? {};
      const { reason, epochs, best } = event;
      return { reason, epochs, best, parameters, backend };
    }
    throw new Error("training ended without an end");
  } catch (error) {
    problem = { error, interrupted: signal.aborted };
    throw error;
  } finally {
    bar?.stop();
    await watch?.close(problem);
  }
}

function sayStart(event: Extract<TrainEvent, { type: "start" }>, output: Output): void {
  const { epoch, epochs, parameters, frozen, from } = event;
  for (const warning of event.warnings) output.say(`Warning: ${warning}`);
  output.say(
    `Training a model of ${parameters.toLocaleString("en")} parameters on ${event.backend}: ` +
      `${plural(event.cases, "case")}, samples of ${event.size.join("×")} at ` +
      `${event.spacing.map((s) => Number(s.toFixed(3))).join("×")} mm`,
  );
  if (from) output.say(`Going on from a model of ${from.dataset}, ${plural(from.steps, "step")} old`);
  const { threads, why } = event.loader;
  if (threads > 0) output.say(`Samples are cut by ${plural(threads, "thread")}`);
  if (why !== undefined) output.say(`Samples are cut where the model computes: ${why}`);
  if (frozen > 0) output.say(`${frozen.toLocaleString("en")} parameters are frozen`);
  if (epoch >= epochs) output.say(`Nothing left to train: ${plural(epoch, "epoch")} done before`);
  else if (event.batches > 0)
    output.say(`Resuming in epoch ${epoch + 1} of ${epochs}, after step ${event.step}`);
  else if (epoch > 0) output.say(`Resuming after epoch ${epoch} of ${epochs}`);
}

function epochLine(event: Extract<TrainEvent, { type: "epoch" }>): string {
  const { epoch, epochs, loss, validation, best, seconds } = event;
  const number = String(epoch).padStart(String(epochs).length);
  return `epoch ${number}/${epochs}  loss ${loss.toFixed(4)}${validation ? `  ${watchedText(validation)}` : ""}  ${seconds.toFixed(0)} s${best ? "  best so far" : ""}`;
}

/** "validation MAE   61.3 HU". HU with one digit, others with as many as tell epochs apart. */
function watchedText({ name, unit, value }: Watched): string {
  const digits = unit === "HU" ? 1 : unit === "" ? 4 : 2;
  return `validation ${name} ${value.toFixed(digits).padStart(6)}${unit && ` ${unit}`}`;
}

export function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
