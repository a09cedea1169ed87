import { MidashError } from "../errors/index.ts";
import type { Json, NamedArray, NamedArrays } from "../models/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../synthesis/index.ts";
import type { OptimizersState } from "./optimizers.ts";
import type { RunStore } from "./run-store.ts";

/** One line of a run's history. */
export interface EpochRecord {
  readonly epoch: number;
  /** Mean training loss over the epoch's steps, in the normalised range. */
  readonly loss: number;
  /** Mean absolute error in HU over the scored voxels of the validation cases; null without any. */
  readonly validationMae: number | null;
  readonly learningRate: number;
  readonly seconds: number;
}

/** Everything a run needs to go on after an epoch. */
export interface Checkpoint {
  readonly model: { readonly tensors: NamedArrays; readonly json: Json };
  readonly optimizers: OptimizersState;
  /** Epochs done. */
  readonly epoch: number;
  /** Steps done. */
  readonly step: number;
  readonly best: { readonly epoch: number; readonly mae: number | null };
  readonly history: readonly EpochRecord[];
  /** The settings that must be the same for the run to go on. */
  readonly fingerprint: string;
}

const LAST = "last.safetensors";
export const BEST = "best.safetensors";

export async function writeCheckpoint(store: RunStore, checkpoint: Checkpoint): Promise<void> {
  const { model, optimizers, ...rest } = checkpoint;
  const tensors: Record<string, NamedArray> = {};
  for (const [name, array] of Object.entries(model.tensors)) tensors[`model/${name}`] = array;
  for (const [name, array] of Object.entries(optimizers.tensors)) tensors[`optimizer/${name}`] = array;
  const json = JSON.stringify({ ...rest, modelJson: model.json, optimizerSteps: optimizers.steps });
  await store.write(
    LAST,
    encodeSafetensors({ tensors, metadata: { format: "midash-checkpoint", checkpoint: json } }),
  );
}

/** @throws MidashError `invalid-file`, or `invalid-argument` when the checkpoint is of another run */
export async function readCheckpoint(store: RunStore, fingerprint: string): Promise<Checkpoint | undefined> {
  const bytes = await store.read(LAST);
  if (!bytes) return undefined;
  const { tensors, metadata } = decodeSafetensors(bytes, LAST);
  if (!metadata.checkpoint) throw new MidashError("invalid-file", "is no checkpoint", { where: LAST });
  const { modelJson, optimizerSteps, ...rest } = JSON.parse(metadata.checkpoint);
  if (rest.fingerprint !== fingerprint)
    throw new MidashError("invalid-argument", "the checkpoint belongs to a run with other settings", {
      where: LAST,
      hint: "resume with the same settings, or start in another folder",
    });
  const under = (prefix: string): NamedArrays =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, array]) => [name.slice(prefix.length), array]),
    );
  return {
    ...rest,
    model: { tensors: under("model/"), json: modelJson },
    optimizers: { tensors: under("optimizer/"), steps: optimizerSteps },
  };
}
