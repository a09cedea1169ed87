/** The checkpoint after the last step that was kept, and the one before it. */
export const CHECKPOINTS = ["last.safetensors", "previous.safetensors"];

/** All numbers of a run, written when it has ended: a folder with it holds a run that is done. */
export const RUN_METRICS = "metrics.json";

/** Any of these makes a folder a run. */
export const RUN_FILES = [...CHECKPOINTS, "best.safetensors", "model.safetensors", RUN_METRICS];
