import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The checkpoint after the last step that was kept, and the one before it. */
export const CHECKPOINTS = ["last.safetensors", "previous.safetensors"];

/** All numbers of a run, written when it has ended: a folder with it holds a run that is done. */
export const RUN_METRICS = "metrics.json";

/** What of {@link RUN_METRICS} others read. */
export interface RunNumbers {
  readonly epochs?: number;
  readonly reason?: string;
  readonly validation?: {
    readonly name: string;
    readonly unit: string;
    readonly value: number;
    readonly epoch: number;
  } | null;
  readonly seconds?: number;
  readonly crossValidation?: {
    readonly measures: readonly { readonly name: string; readonly unit: string; readonly mean: number }[];
  };
}

/** The numbers of a run that is done; `undefined` of one that is not. */
export async function readNumbers(folder: string): Promise<RunNumbers | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, RUN_METRICS), "utf8")) as RunNumbers;
  } catch {
    return undefined;
  }
}

/** Any of these makes a folder a run. */
export const RUN_FILES = [...CHECKPOINTS, "best.safetensors", "model.safetensors", RUN_METRICS];
