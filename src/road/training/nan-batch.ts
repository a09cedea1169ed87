import { type ErrorDetails, MidashError } from "../../base/errors/index.ts";
import { isNonFinite, type NamedArray, type NamedArrays } from "../../networks/learning/index.ts";
import type { Batch, TrainBatch } from "../../networks/models/index.ts";
import { encodeChecked } from "../model-file/index.ts";
import type { OpenRun } from "./open-run.ts";
import { NAN_BATCH, type RunFiles } from "./run-files.ts";
import type { RunState } from "./run-state.ts";

/** So many cases are named. */
const SHOWN = 8;

/**
 * Waits for a step. Where its loss is no finite number, the batch and the weights go to `nan-batch.safetensors`; the optimizers that ship refuse such a
 * loss before they move the weights, so these are those of before.
 *
 * @throws MidashError what the step threw; for a loss that is no finite number one that names the file, the cases and what to do
 */
export async function keepingNaN<T>(step: Promise<T>, context: StepContext): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw isNonFinite(error) ? await explained(error, context) : error;
  }
}

async function explained(
  error: MidashError,
  { run, state, batches, files }: StepContext,
): Promise<MidashError> {
  const origins = batches.flatMap((batch) => batch.origins ?? []);
  const loss = (error.cause as Error).message;
  const weights = await run.model.weights();
  const tensors = { ...batchTensors(batches), ...prefixed("weights", weights) };
  const step = { step: state.step + 1, epoch: state.epoch + 1, batch: state.now.batches + 1 };
  const facts = { schema: 1, ...step, loss, model: run.options.model.name, samples: origins };
  const metadata = { format: "midash-nan-batch", batch: JSON.stringify(facts) };
  const problem = await files.saveBatch(encodeChecked({ tensors, metadata })).then(
    () => "",
    (why: Error) => ` (it could not be written: ${why.message})`,
  );
  const cases = [...new Set(origins.flatMap((one) => [one.case, one.target?.case ?? []].flat()))];
  const more = cases.length > SHOWN ? ` and ${cases.length - SHOWN} more` : "";
  const from = cases.length > 0 ? ` on samples of ${cases.slice(0, SHOWN).join(", ")}${more}` : "";
  const { what, hint } = cause(batches, weights);
  return new MidashError(
    "invalid-argument",
    `${loss} in step ${step.step}${from}; ${what}; this file holds the batch and the weights${problem}`,
    { where: NAN_BATCH, hint, cause: error },
  );
}

interface StepContext {
  readonly run: OpenRun;
  readonly state: RunState;
  readonly batches: readonly TrainBatch[];
  readonly files: RunFiles;
}

/** What of it is no number, and so what to do. */
function cause(
  batches: readonly TrainBatch[],
  weights: NamedArrays,
): { readonly what: string; readonly hint: ErrorDetails["hint"] } {
  const images = batches.flatMap(({ input, targets }) => [input, ...Object.values(targets)]);
  const voxels = images.reduce((n, { data }) => n + countNonFinite(data), 0);
  if (voxels > 0)
    return {
      what: `${voxels} of the batch's values are no finite numbers`,
      hint: "look at these cases, correct them or leave them out, and start again",
    };
  const slower: ErrorDetails["hint"] = [
    ["start again, from best.safetensors if it is good, with a lower ", { option: "learningRate" }],
    ["set ", { option: "clipNorm" }],
  ];
  const lost = Object.values(weights).reduce((n, { data }) => n + countNonFinite(data), 0);
  if (lost > 0)
    return { what: `${lost} weights were no finite numbers any more after the step before`, hint: slower };
  return { what: "the batch and the weights are finite, so it grew beyond all bounds", hint: slower };
}

function countNonFinite(data: ArrayLike<number>): number {
  let n = 0;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) n++;
  return n;
}

/**
 * `input`, `targets/ct` and so on, with `.mask` what each pixel counts and with `.present` which inputs there are. Where several batches make a step, with
 * `0/`, `1/` in front.
 */
function batchTensors(batches: readonly TrainBatch[]): NamedArrays {
  const arrays = batches.flatMap(({ input, targets }, n) => {
    const group = batches.length > 1 ? `${n}/` : "";
    const named = Object.entries(targets).map(([name, one]) => arraysOf(`${group}targets/${name}`, one));
    return [arraysOf(`${group}input`, input), ...named];
  });
  return Object.assign({}, ...arrays);
}

function arraysOf(name: string, { data, shape, mask, present }: Batch): Record<string, NamedArray> {
  return {
    [name]: { data, shape },
    ...(mask ? { [`${name}.mask`]: { data: mask, shape: [...shape.slice(0, -1), 1] } } : {}),
    ...(present
      ? {
          [`${name}.present`]: {
            data: Float32Array.from(present),
            shape: [shape[0]!, present.length / shape[0]!],
          },
        }
      : {}),
  };
}

function prefixed(group: string, arrays: NamedArrays): NamedArrays {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${group}/${name}`, array]));
}
