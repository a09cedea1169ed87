/** The checkpoint after the last step that was kept, and the one before it. */
export const CHECKPOINTS = ["last.safetensors", "previous.safetensors"];

/** The settings of a run, in its folder: what `--resume` starts from, and a config for other runs. */
export const RUN_CONFIG = "config.json";

/** All numbers of a run, written when it has ended: a folder with it holds a run that is done. */
export const RUN_METRICS = "metrics.json";

/** What ran, when and on what, in a run's folder; the settings that were given stand in its config. */
export const RUN_RECORD = "run.json";

/** A line an event, appended as they come: what happened, resumes and failures with it. */
export const LOG_LINES = "log.jsonl";

/** A row an epoch, written anew after each: what counts, without what a killed run did again. */
export const LOG_TABLE = "log.csv";

/** In a run's folder: a picture of a validation case an epoch. */
export const PREVIEWS = "previews";

/** Any of these makes a folder a run. */
export const RUN_FILES = [...CHECKPOINTS, "best.safetensors", "model.safetensors", RUN_METRICS];

/** "epoch-0012.png": in the order of the alphabet too. */
export function previewName(epoch: number): string {
  return `epoch-${String(epoch).padStart(4, "0")}.png`;
}

/** A file of a run as people may open it. */
export function jsonBytes(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
