import { MidashError } from "../errors/index.ts";
import type { ModelState, NamedArray, NamedArrays, NamedLosses } from "../models/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../synthesis/index.ts";
import type { OptimizersState } from "./optimizers.ts";
import type { RunStore } from "./run-store.ts";

/** One line of a run's history. */
export interface EpochRecord {
  readonly epoch: number;
  /** Mean training loss over the epoch's steps, in the normalised range. */
  readonly loss: number;
  /** The same of every loss that the model names, `loss` among them. */
  readonly losses: NamedLosses;
  /** Mean absolute error in HU over the scored voxels of the validation cases; null without any. */
  readonly validationMae: number | null;
  readonly learningRate: number;
  readonly seconds: number;
}

/** Everything a run needs to go on after an epoch. */
export interface Checkpoint {
  readonly weights: NamedArrays;
  /** What the model keeps beyond its weights; null when nothing. */
  readonly model: ModelState | null;
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
  const { weights, model, optimizers, ...rest } = checkpoint;
  const tensors: Record<string, NamedArray> = {};
  for (const [name, array] of Object.entries(weights)) tensors[`weights/${name}`] = array;
  for (const [name, array] of Object.entries(model?.tensors ?? {})) tensors[`model/${name}`] = array;
  for (const [name, array] of Object.entries(optimizers.tensors)) tensors[`optimizer/${name}`] = array;
  const json = JSON.stringify({
    ...rest,
    modelJson: model ? [model.json] : null,
    optimizerSteps: optimizers.steps,
  });
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
    throw new MidashError(
      "invalid-argument",
      `the checkpoint belongs to a run with other settings: ${differences(rest.fingerprint, fingerprint)}`,
      { where: LAST, hint: "resume with the same settings, or start in another folder" },
    );
  const under = (prefix: string): NamedArrays =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, array]) => [name.slice(prefix.length), array]),
    );
  return {
    ...rest,
    weights: under("weights/"),
    model: modelJson && { tensors: under("model/"), json: modelJson[0] },
    optimizers: { tensors: under("optimizer/"), steps: optimizerSteps },
  };
}

/** "batchSize was 4, now 8; seed was 0, now 1", from two fingerprints. */
function differences(before: string, now: string): string {
  const [a, b] = [flat(JSON.parse(before)), flat(JSON.parse(now))];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
  const shown = keys
    .slice(0, 3)
    .map((key) => `${key} was ${a[key] ?? "not set"}, now ${b[key] ?? "not set"}`);
  return [...shown, ...(keys.length > 3 ? [`and ${keys.length - 3} more`] : [])].join("; ");
}

/** { a: { b: 1 } } as { "a.b": "1" }. */
function flat(value: unknown, path = ""): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return { [path]: JSON.stringify(value).slice(0, 60) };
  const entries = Object.entries(value).map(([key, inner]) => flat(inner, path ? `${path}.${key}` : key));
  return Object.assign({}, ...entries);
}
