import { spreadOf } from "../harness/spread.ts";
import { caseText, type GpuSize, operationsOf } from "./cases.ts";
import type { EnginePool } from "./engine-pool.ts";
import { EngineFailed, type EngineProcess, type Stepped } from "./engine-process.ts";
import { ENGINES, type EngineName } from "./engines.ts";
import type { GpuRow } from "./gpu-result.ts";
import type { Round } from "./plan.ts";

/** How long an engine may take, in seconds, and how much is measured. */
interface Patience {
  readonly start: number;
  readonly open: number;
  /** The first step: everything is compiled. */
  readonly first: number;
  /** Milliseconds of a run: as many steps as fit. */
  readonly run: number;
  readonly runs: number;
  /** Milliseconds of all runs, at most: a slow engine gets fewer. */
  readonly all: number;
}

export const PATIENCE: Readonly<Record<GpuSize, Patience>> = {
  full: { start: 60, open: 40, first: 30, run: 250, runs: 5, all: 6000 },
  tiny: { start: 120, open: 60, first: 300, run: 0, runs: 5, all: 60_000 },
};

/** What {@link runRound} lends. */
export interface RoundContext {
  readonly pool: EnginePool;
  readonly folder: string;
  readonly size: GpuSize;
  /** Of the adapter, in multiply-adds of float32. */
  readonly peakGflops: number;
  /** Rows that were measured before, of this case too. */
  readonly before: readonly GpuRow[];
  /** Until the budget ends. */
  readonly secondsLeft: () => number;
}

/** By a step. */
type Taken = Pick<Stepped, "ms" | "cpuMs">;

/** An engine at a case. */
interface Entrant {
  readonly engine: EngineName;
  readonly process: EngineProcess;
  readonly steps: number;
  readonly runs: number;
  readonly firstMs: number;
  readonly values: GpuRow["values"];
  /** The second step: what there is when no run ended in time. */
  readonly second: Taken;
  readonly times: Taken[];
}

/** Lets the engines of a round take turns at its case, run by run. One that fails is missing, with its reason. */
export async function runRound(round: Round, context: RoundContext): Promise<readonly GpuRow[]> {
  const { of, engines } = round;
  const { pool, size, secondsLeft } = context;
  const head = (engine: EngineName) => ({ id: of.id, what: caseText(of), settings: of, engine, values: {} });
  const rows: GpuRow[] = [];
  const entrants: Entrant[] = [];
  const missing = (engine: EngineName, error: unknown) => {
    if (!(error instanceof EngineFailed)) throw error;
    rows.push({ ...head(engine), missing: error.message });
  };
  for (const engine of engines)
    try {
      entrants.push(await enter(engine, round, context));
    } catch (error) {
      missing(engine, error);
    }
  const most = Math.max(0, ...entrants.map(({ runs }) => runs));
  const lost = new Set<Entrant>();
  for (let run = 0; run < most; run++)
    for (const entrant of entrants) {
      const { engine, process, steps, runs, times } = entrant;
      if (lost.has(entrant) || run >= runs) continue;
      if (secondsLeft() < 2) continue; // what is there counts
      try {
        const { ms, cpuMs } = await process.run(
          steps,
          engine,
          Math.max(2, Math.min(PATIENCE[size].first, secondsLeft())),
        );
        times.push({ ms: ms / steps, cpuMs: cpuMs / steps });
      } catch (error) {
        lost.add(entrant);
        pool.drop(engine);
        missing(engine, error);
      }
    }
  for (const entrant of entrants) {
    if (lost.has(entrant)) continue;
    await entrant.process.close(entrant.engine, 20).catch(() => pool.drop(entrant.engine));
    const agreement = agreementOf(entrant, [...context.before, ...rows], of.id);
    const row = { ...head(entrant.engine), values: entrant.values, ...(agreement ? { agreement } : {}) };
    rows.push(of.kind === "check" ? row : { ...row, measured: measuredOf(entrant, round, context) });
  }
  const order = (row: GpuRow) => engines.indexOf(row.engine);
  return rows.sort((a, b) => order(a) - order(b));
}

/** Opens the case, and takes the first steps: they compile, and say how many are a run. */
async function enter(engine: EngineName, { of }: Round, context: RoundContext): Promise<Entrant> {
  const { pool, folder, size, secondsLeft } = context;
  const patience = PATIENCE[size];
  const within = (seconds: number) => Math.max(2, Math.min(seconds, secondsLeft()));
  if (secondsLeft() < 3) throw new EngineFailed("the time was over");
  const process = await pool.get(engine, within(patience.start));
  try {
    await process.open(of, engine, folder, within(patience.open));
    const first = await process.run(1, engine, within(patience.first));
    const entrant = { engine, process, firstMs: first.ms, values: first.values };
    if (of.kind === "check") return { ...entrant, second: first, steps: 1, runs: 0, times: [] };
    const second = await process.run(1, engine, within(patience.first));
    const { ms } = second;
    const steps = Math.min(200, Math.max(1, Math.round(patience.run / ms)));
    const runs = Math.min(patience.runs, Math.max(1, Math.floor(patience.all / (steps * ms))));
    return { ...entrant, second, steps, runs, times: [] };
  } catch (error) {
    if (error instanceof EngineFailed) await process.close(engine, 5).catch(() => pool.drop(engine));
    throw error;
  }
}

function measuredOf({ times, steps, firstMs, second }: Entrant, { of }: Round, { peakGflops }: RoundContext) {
  const taken = times.length > 0 ? times : [second];
  const ms = spreadOf(taken.map((each) => each.ms));
  const operations = operationsOf(of);
  const gflops = operations === undefined ? undefined : operations / ms.median / 1e6;
  return {
    ms,
    cpuMs: spreadOf(taken.map((each) => each.cpuMs)),
    steps,
    firstMs,
    ...(of.kind === "conv" ? {} : { perSecond: (1000 * of.batch) / ms.median }),
    ...(gflops === undefined ? {} : { gflops, share: gflops / peakGflops }),
  };
}

/** Beside the first engine that computed this case. */
function agreementOf({ engine, values }: Entrant, rows: readonly GpuRow[], id: string): GpuRow["agreement"] {
  const first = rows.find(
    (row) => row.id === id && row.engine !== engine && Object.keys(row.values).length > 0,
  );
  if (!first) return undefined;
  const names = Object.keys(values).filter((name) => first.values[name] !== undefined);
  if (names.length === 0) return undefined;
  const apart = names.map(
    (name) => Math.abs(values[name]! - first.values[name]!) / Math.abs(first.values[name]!),
  );
  const tolerance = Math.max(ENGINES[engine].tolerance, ENGINES[first.engine].tolerance);
  return { beside: first.engine, worst: Math.max(...apart), tolerance };
}
