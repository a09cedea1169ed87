import type { Dataset } from "../../road/data/index.ts";
import type { TrainEvent } from "../../road/training/index.ts";

/** One start of a run: its first, or a resume. */
export interface RunStart {
  /** ISO 8601. */
  readonly at: string;
  /** Where it began: whole epochs and steps that were done. */
  readonly epoch: number;
  readonly step: number;
  readonly backend: string;
  /** Null of what is not there or not known: a page has no Node. */
  readonly versions: Readonly<Record<"midash" | "node" | "tfjs", string | null>>;
  /** Of the folder that it was started in; null where that is no repository. */
  readonly git: { readonly revision: string; readonly changed: boolean } | null;
}

/** What `run.json` holds. */
export interface RunRecord {
  readonly schema: 1;
  readonly data: {
    readonly name: string;
    readonly cases: Readonly<Record<"train" | "validation" | "test", number>>;
    /** Of what the cases are known again by; see `Case.marks`. */
    readonly sha256: string;
  };
  readonly model: { readonly name: string; readonly parameters: number };
  /** All options of the run, seed among them, defaults filled in. */
  readonly options: TrainStart["options"];
  readonly starts: readonly RunStart[];
}

type TrainStart = Extract<TrainEvent, { type: "start" }>;

/** The record of a run that starts, or goes on. @param before the text of the record till now: damaged or absent, it is no reason to refuse a run */
export function nextRecord(
  start: TrainStart,
  { dataset, model }: { readonly dataset: Dataset; readonly model: string },
  where: Pick<RunStart, "versions" | "git">,
  before: string | undefined,
): RunRecord {
  const { epoch, step, backend, options, data, parameters } = start;
  const { train, validation, test } = dataset;
  const starts = step > 0 || epoch > 0 ? (parseRecord(before)?.starts ?? []) : [];
  return {
    schema: 1,
    data: {
      name: dataset.name,
      cases: { train: train.length, validation: validation.length, test: test.length },
      sha256: data,
    },
    model: { name: model, parameters },
    options,
    starts: [...starts, { at: new Date().toISOString(), epoch, step, backend, ...where }],
  };
}

/** @returns `undefined` where it is absent or damaged */
export function parseRecord(text: string | undefined): RunRecord | undefined {
  try {
    const record = JSON.parse(text ?? "") as Partial<RunRecord>;
    return Array.isArray(record.starts) ? (record as RunRecord) : undefined;
  } catch {
    return undefined;
  }
}
