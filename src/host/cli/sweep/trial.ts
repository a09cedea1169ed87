import { isUserError } from "../../../base/errors/index.ts";
import type { TrainSettings } from "../../runs/index.ts";
import type { Context } from "../command.ts";
import { readNumbers } from "../train/run-folder.ts";
import type { RunSetup } from "../train/run-setup.ts";
import { type TrainTask, trainRun } from "../train/train-run.ts";
import { readLines } from "../watch/run-log.ts";
import type { Candidate } from "./space.ts";

/** One combination and where its run is. */
export interface Trial {
  /** From 1. */
  readonly number: number;
  readonly folder: string;
  readonly values: Candidate;
  readonly settings: TrainSettings;
}

/** What is known of a trial. */
export interface TrialResult extends Trial {
  /** "waiting": nobody has finished it. "failed": it can't be trained, e.g. its loss was no number; its folder says why, and is left as it is. */
  readonly state: "waiting" | "done" | "failed";
  /** Its best validation; `undefined` before there is one. */
  readonly value: number | undefined;
  readonly metric?: { readonly name: string; readonly unit: string };
  /** Whole epochs done. */
  readonly epochs: number;
  readonly seconds: number;
}

/** Reads what a trial's folder says. */
export async function lookAt(trial: Trial): Promise<TrialResult> {
  const numbers = await readNumbers(trial.folder);
  const lines = await readLines(trial.folder);
  const epochs = lines.flatMap((line) => (line.type === "epoch" ? [line] : []));
  const failed = lines.at(-1)?.type === "failed";
  const { validation } = numbers ?? {};
  return {
    ...trial,
    state: failed ? "failed" : numbers ? "done" : "waiting",
    value: failed ? undefined : validation?.value,
    ...(validation ? { metric: { name: validation.name, unit: validation.unit } } : {}),
    epochs: numbers?.epochs ?? epochs.at(-1)?.epoch ?? 0,
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** Whether a trial has what a round of so many epochs asks for. */
export async function hasEnough(trial: Trial, epochs: number): Promise<boolean> {
  const { state } = await lookAt(trial);
  if (state !== "done") return state === "failed";
  const numbers = await readNumbers(trial.folder);
  return (numbers?.epochs ?? 0) >= epochs || numbers?.reason === "early stopping";
}

/** Trains a trial to so many epochs, from where it is. What makes it fail is its result, no error. @returns false when it was told to stop */
export async function runTrial(
  { folder, settings }: Trial,
  epochs: number,
  { dataset, setup, page }: Pick<TrainTask, "dataset" | "page"> & { readonly setup: RunSetup },
  context: Context,
): Promise<boolean> {
  const task = { out: folder, dataset, settings: { ...settings, epochs }, setup, page };
  try {
    const { reason } = await trainRun(
      { ...task, resume: "if-there", scored: "nothing", checked: true },
      context,
    );
    return reason !== "stopped";
  } catch (error) {
    // A full disk or a card that is gone is no fault of the trial: the sweep ends, and goes on from here when it is called again.
    if (context.signal.aborted || !isUserError(error) || ["io", "device-lost"].includes(error.kind))
      throw error;
    if ((await lookAt({ folder, settings, number: 0, values: {} })).state !== "failed") throw error; // before its first step: a wrong setting
    context.output.say(`Failed: ${error.message}`);
    return true;
  }
}
