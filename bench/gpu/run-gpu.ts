import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { throwIfAborted } from "../../src/base/errors/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import { loadNow, thisDevice } from "../harness/device.ts";
import { stepFile, stepInputs } from "../suites/train.ts";
import type { AdapterFacts } from "./adapter.ts";
import type { GpuCase, GpuSize } from "./cases.ts";
import { type EngineCommand, EnginePool } from "./engine-pool.ts";
import { EngineProcess } from "./engine-process.ts";
import type { EngineName } from "./engines.ts";
import type { GpuResult, GpuRow } from "./gpu-result.ts";
import { planOf } from "./plan.ts";
import { PATIENCE, runRound } from "./run-round.ts";

/** Options of {@link runGpu}. */
export interface RunGpuOptions {
  readonly size: GpuSize;
  /** Ids of cases; default all. */
  readonly only?: readonly string[];
  /** Default all. */
  readonly engines?: readonly EngineName[];
  /** After these no case begins. */
  readonly minutes?: number;
  readonly cache: CacheFolder;
  readonly versions: Readonly<Record<string, string>>;
  readonly commandOf: (process: string) => EngineCommand;
  readonly signal: AbortSignal;
  readonly onAdapter: (facts: AdapterFacts) => void;
  /** Called with each row, and all that there is until then. */
  readonly onRow: (row: GpuRow, soFar: GpuResult) => void | Promise<void>;
}

/** @throws EngineFailed where there is no adapter, `aborted` */
export async function runGpu(options: RunGpuOptions): Promise<GpuResult> {
  const { size, only, engines, minutes, cache, versions, commandOf, signal, onAdapter, onRow } = options;
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const secondsLeft = () => (minutes === undefined ? Number.POSITIVE_INFINITY : 60 * minutes - seconds());
  const load = loadNow();
  const adapter = await factsBy(commandOf("adapter"), PATIENCE[size].start);
  onAdapter(adapter);
  const pool = new EnginePool(commandOf);
  const driver = await driverText();
  const rows: GpuRow[] = [];
  const made = new Set<string>();
  const result = (): GpuResult => ({
    schema: 1,
    suite: "gpu",
    size,
    date: new Date().toISOString().slice(0, 10),
    machine: thisDevice(),
    load,
    ...(driver === undefined ? {} : { driver }),
    adapter,
    engines: pool.facts,
    versions: { node: process.version, ...versions },
    minutes: minutes ?? null,
    seconds: Math.round(seconds()),
    rows,
  });
  const stop = () => pool.end();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (const { of, engines: all } of planOf(size)) {
      if (only && !only.includes(of.id)) continue;
      const chosen = all.filter((engine) => engines === undefined || engines.includes(engine));
      if (chosen.length === 0) continue;
      throwIfAborted(signal);
      if (secondsLeft() > 3) await prepare(of, cache, made);
      const context = {
        pool,
        folder: cache.path,
        size,
        peakGflops: 1000 * adapter.measured.f32Tflops,
        before: [...rows],
        secondsLeft,
      };
      for (const row of await runRound({ of, engines: chosen }, context)) {
        throwIfAborted(signal);
        rows.push(row);
        await onRow(row, result());
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    pool.end();
  }
  return result();
}

async function factsBy(command: EngineCommand, patience: number): Promise<AdapterFacts> {
  if ("missing" in command) throw new Error(command.missing);
  const asked = new EngineProcess(command);
  try {
    return (await asked.start(patience)) as unknown as AdapterFacts;
  } finally {
    asked.end();
  }
}

/** Weights and a batch, anew in each call, as their format may change. */
async function prepare(of: GpuCase, cache: CacheFolder, made: Set<string>): Promise<void> {
  if (of.kind === "conv" || of.kind === "loaded") return;
  const file = stepFile(of);
  if (made.has(file)) return;
  await cache.write(file, await stepInputs(of));
  made.add(file);
}

/** Of NVIDIA's cards; others have no such tool that is always there. */
async function driverText(): Promise<string | undefined> {
  const asked = promisify(execFile)("nvidia-smi", [
    "--query-gpu=name,driver_version,memory.total",
    "--format=csv,noheader",
  ]);
  return (await asked.catch(() => undefined))?.stdout.trim().split("\n")[0] || undefined;
}
