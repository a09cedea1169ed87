import type { Json } from "../../networks/learning/index.ts";
import type { EpochRecord } from "../../road/training/index.ts";
import { parseRunConfig } from "./config.ts";
import { epochLines, type RunFacts, type RunNumbers, runFacts } from "./facts.ts";
import { type LogLine, parseLines } from "./log.ts";
import { LOG_LINES, RUN_CONFIG, RUN_METRICS, RUN_RECORD } from "./names.ts";
import { parseRecord, type RunRecord } from "./record.ts";

/** The files of a run's folder: of OPFS, or as somebody dropped it. */
export interface RunFolderFiles {
  /** "log.jsonl", "previews/epoch-0001.png", ... */
  readonly names: readonly string[];
  /** `undefined` when absent. */
  read(name: string): Promise<Uint8Array | undefined>;
}

/** What a run's folder tells. */
export interface RunFolder {
  readonly facts: RunFacts;
  readonly log: readonly LogLine[];
  /** One record an epoch, and the epoch whose weights are the result; undefined before there is one. */
  readonly history: readonly EpochRecord[];
  readonly best: number | undefined;
  /** What was set; undefined where the folder has no config, or a damaged one. */
  readonly settings: { readonly [name: string]: Json } | undefined;
  /** What ran, on what and on which versions. */
  readonly record: RunRecord | undefined;
  /** Pictures of a validation case, the first epoch first. */
  readonly previews: readonly { readonly epoch: number; readonly name: string }[];
  /** The model file to use: the finished one, else the best so far. */
  readonly model: string | undefined;
}

/** Reads what `midash train` and a worker's training leave in a run's folder, or so much of it as is there. @param going whether somebody trains it now */
export async function readRunFolder(
  { names, read }: RunFolderFiles,
  { going = false }: { readonly going?: boolean } = {},
): Promise<RunFolder> {
  const text = async (name: string) => {
    const bytes = await read(name);
    return bytes && new TextDecoder().decode(bytes);
  };
  const log = parseLines((await text(LOG_LINES)) ?? "");
  const epochs = epochLines(log);
  const previews = names.flatMap((name) => {
    const epoch = /^previews\/epoch-(\d+)\.png$/.exec(name)?.[1];
    return epoch === undefined ? [] : [{ epoch: Number(epoch), name }];
  });
  const config = parseRunConfig((await text(RUN_CONFIG)) ?? "");
  return {
    facts: runFacts(log, parseNumbers(await text(RUN_METRICS)), going),
    log,
    history: epochs,
    best: epochs.filter(({ best }) => best).at(-1)?.epoch,
    settings: config?.train as RunFolder["settings"],
    record: parseRecord(await text(RUN_RECORD)),
    previews: previews.sort((a, b) => a.epoch - b.epoch),
    model: ["model.safetensors", "best.safetensors"].find((name) => names.includes(name)),
  };
}

function parseNumbers(text: string | undefined): RunNumbers | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as RunNumbers);
  } catch {
    return undefined;
  }
}
