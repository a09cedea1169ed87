import { setImmediate } from "node:timers/promises";
import type { Dataset } from "../../../road/data/index.ts";
import type { BestEpoch, EndReason, TrainEvent, Trainer, Watched } from "../../../road/training/index.ts";
import type { Output, ProgressBar } from "../io/output.ts";

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
    readonly onStart?: () => Promise<void>;
  },
): Promise<TrainingEnd> {
  let steps = options.stepsPerEpoch; // known after the first epoch at the latest
  let inEpoch = 0;
  let bar: ProgressBar | undefined;
  let epochs = 0;
  let start: Extract<TrainEvent, { type: "start" }> | undefined;
  try {
    for await (const event of trainer.fit(dataset, options)) {
      if (event.type === "start") {
        start = event;
        await options.onStart?.();
        epochs = event.epochs;
        for (const warning of event.warnings) output.say(`Warning: ${warning}`);
        output.say(
          `Training a model of ${event.parameters.toLocaleString("en")} parameters on ${event.backend}: ` +
            `${plural(event.cases, "case")}, samples of ${event.size.join("×")} at ` +
            `${event.spacing.map((s) => Number(s.toFixed(3))).join("×")} mm`,
        );
        if (event.from)
          output.say(
            `Going on from a model of ${event.from.dataset}, ${plural(event.from.steps, "step")} old`,
          );
        const { threads, why } = event.loader;
        if (threads > 0) output.say(`Samples are cut by ${plural(threads, "thread")}`);
        if (why !== undefined) output.say(`Samples are cut where the model computes: ${why}`);
        if (event.frozen > 0) output.say(`${event.frozen.toLocaleString("en")} parameters are frozen`);
        if (event.epoch >= epochs)
          output.say(`Nothing left to train: ${plural(event.epoch, "epoch")} done before`);
        else if (event.batches > 0)
          output.say(`Resuming in epoch ${event.epoch + 1} of ${epochs}, after step ${event.step}`);
        else if (event.epoch > 0) output.say(`Resuming after epoch ${event.epoch} of ${epochs}`);
      } else if (event.type === "step") {
        bar ??= output.progress(`epoch ${event.epoch}/${epochs}`);
        inEpoch = event.batches;
        bar.update(inEpoch, steps, `loss ${event.loss.toFixed(4)}`);
        await setImmediate(); // steps run without a pause: let SIGINT in
      } else if (event.type === "epoch") {
        bar?.stop();
        bar = undefined;
        steps = inEpoch;
        inEpoch = 0;
        output.say(epochLine(event));
      } else {
        if (event.reason === "early stopping")
          output.say(`Stopped early: no better validation since epoch ${event.best.epoch}`);
        return {
          reason: event.reason,
          epochs: event.epochs,
          best: event.best,
          parameters: start?.parameters ?? 0,
          backend: start?.backend ?? "",
        };
      }
    }
  } finally {
    bar?.stop();
  }
  throw new Error("training ended without an end");
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
