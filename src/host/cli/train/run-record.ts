import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { version } from "../../../../package.json";
import type { Dataset } from "../../../road/data/index.ts";
import type { RunStore, TrainEvent } from "../../../road/training/index.ts";
import { jsonBytes } from "../io/outputs.ts";

/** What ran, when and on what, in a run's folder; the settings that were given stand in its config. */
export const RUN_RECORD = "run.json";

/** Milliseconds that git may take. */
const PATIENCE = 5000;

/** One start of a run: its first, or a resume. */
interface Start {
  /** ISO 8601. */
  readonly at: string;
  /** Where it began: whole epochs and steps that were done. */
  readonly epoch: number;
  readonly step: number;
  readonly backend: string;
  readonly versions: Readonly<Record<"midash" | "node" | "tfjs", string | null>>;
  /** Of the folder that it was started in; null where that is no repository. */
  readonly git: { readonly revision: string; readonly changed: boolean } | null;
}

/** What {@link RUN_RECORD} holds. */
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
  readonly starts: readonly Start[];
}

type TrainStart = Extract<TrainEvent, { type: "start" }>;

/** Writes down that the run starts, or goes on. */
export async function recordStart(
  folder: RunStore,
  start: TrainStart,
  { dataset, model }: { readonly dataset: Dataset; readonly model: string },
): Promise<void> {
  const { epoch, step, backend, options, data, parameters } = start;
  const { train, validation, test } = dataset;
  const versions = { midash: version, node: process.versions.node, tfjs: tfjsVersion() };
  const now: Start = {
    at: new Date().toISOString(),
    epoch,
    step,
    backend,
    versions,
    git: await gitOf(process.cwd()),
  };
  const before = step > 0 || epoch > 0 ? await startsBefore(folder) : [];
  const record: RunRecord = {
    schema: 1,
    data: {
      name: dataset.name,
      cases: { train: train.length, validation: validation.length, test: test.length },
      sha256: data,
    },
    model: { name: model, parameters },
    options,
    starts: [...before, now],
  };
  await folder.write(RUN_RECORD, jsonBytes(record));
}

/** None where the record is absent or damaged: it is for people, and no reason to refuse a run. */
async function startsBefore(folder: RunStore): Promise<readonly Start[]> {
  const bytes = await folder.read(RUN_RECORD);
  try {
    const { starts } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<RunRecord>;
    return Array.isArray(starts) ? starts : [];
  } catch {
    return [];
  }
}

function tfjsVersion(): string | null {
  try {
    return (createRequire(import.meta.url)("@tensorflow/tfjs-core/package.json") as { version: string })
      .version;
  } catch {
    return null;
  }
}

async function gitOf(folder: string): Promise<Start["git"]> {
  const revision = await git(folder, "rev-parse", "HEAD");
  if (revision === undefined) return null;
  return { revision, changed: (await git(folder, "status", "--porcelain", "--untracked-files=no")) !== "" };
}

/** What git says; `undefined` where there is none, or no repository. */
function git(folder: string, ...args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile("git", args, { cwd: folder, timeout: PATIENCE }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim()),
    );
  });
}
