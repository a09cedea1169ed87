import { MidashError } from "../../src/base/errors/index.ts";
import { type Command, ProcessEnded } from "./line-process.ts";
import type { RowResult } from "./result.ts";
import { ratioOf, spreadOf } from "./spread.ts";
import type { Row } from "./suite.ts";
import { type Ran, TaskProcess } from "./task-process.ts";

/** How the two sides of a row start. `peer` is a reason when there is none. */
export interface Sides {
  readonly ours: Command;
  readonly peer: Command | { readonly missing: string };
}

/** Options of {@link runRow}. */
export interface RunRowOptions {
  readonly signal?: AbortSignal;
  /** Called after each run of both sides, warm-up included. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A measured row, and the versions that its sides named. */
export interface RanRow {
  readonly result: RowResult;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Measures one row. The sides take turns run by run, so that a machine that slows down for a while slows both; while one
 * runs, the other waits. A peer that can't start or dies is missing; our own side's failure is an error.
 *
 * @throws MidashError `internal` when our side fails, `aborted`
 */
export async function runRow(row: Row, sides: Sides, options: RunRowOptions = {}): Promise<RanRow> {
  const { signal, onProgress } = options;
  const total = row.warmUp + row.runs;
  const ours = new Side(sides.ours, row, signal);
  let peer = "missing" in sides.peer ? undefined : new Side(sides.peer, row, signal);
  let missing = "missing" in sides.peer ? sides.peer.missing : "";
  const ofPeer = async (work: (side: Side) => Promise<void>) => {
    if (!peer) return;
    try {
      await work(peer);
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
      missing = `${row.peer} did not run: ${error.message}`;
      peer.close();
      peer = undefined;
    }
  };
  try {
    await ours.start();
    await ofPeer((side) => side.start());
    for (let run = 0; run < total; run++) {
      await ours.run(run);
      await ofPeer((side) => side.run(run));
      onProgress?.({ done: run + 1, total });
    }
    await ours.end();
    await ofPeer((side) => side.end());
  } catch (error) {
    if (error instanceof ProcessEnded)
      throw new MidashError("internal", `the row "${row.id}" failed: ${error.message}`, { where: "bench" });
    throw error;
  } finally {
    ours.close();
    peer?.close();
  }
  const apart = peer && row.tolerance !== undefined ? difference(ours.first, peer.first) : undefined;
  const failed = apart && !(apart.worst <= row.tolerance!) ? disagreement(apart, row.tolerance!) : undefined;
  const ourTimes = ours.measured();
  const peerTimes = peer?.measured();
  return {
    result: {
      id: row.id,
      what: row.what,
      settings: row.settings,
      warmUp: row.warmUp,
      ...(row.perVolume === undefined ? {} : { perVolume: row.perVolume }),
      ours: ourTimes,
      peer: { name: row.peer, ...(peerTimes ?? { missing }) },
      ratio: peerTimes && !failed ? ratioOf(ourTimes.ms, peerTimes.ms) : null,
      agreement: apart ? { worst: apart.worst, tolerance: row.tolerance! } : null,
      ...(failed === undefined ? {} : { failed }),
      details: { ours: ours.details, peer: peer?.details ?? {} },
    },
    versions: { ...ours.versions, ...peer?.versions },
  };
}

/** One side while it is measured. */
class Side {
  readonly #process: TaskProcess;
  readonly #warmUp: number;
  readonly #times: number[] = [];
  readonly #cpuTimes: number[] = [];
  #memory = { ready: 0, peak: 0 };
  /** What the very first run reported: later training steps part ways by rounding. */
  first: Ran["values"] = {};
  details: object = {};
  versions: Readonly<Record<string, string>> = {};

  constructor(command: Command, row: Row, signal: AbortSignal | undefined) {
    this.#process = new TaskProcess(command, signal);
    this.#warmUp = row.warmUp;
  }

  async start(): Promise<void> {
    const { versions, memory } = await this.#process.ready();
    this.versions = versions;
    this.#memory.ready = memory;
  }

  async run(index: number): Promise<void> {
    const { ms, cpuMs, values } = await this.#process.run();
    if (index === 0) this.first = values;
    if (index < this.#warmUp) return;
    this.#times.push(ms);
    this.#cpuTimes.push(cpuMs);
  }

  async end(): Promise<void> {
    const { memory, details } = await this.#process.end();
    this.#memory.peak = memory;
    this.details = details;
  }

  close(): void {
    this.#process.close();
  }

  measured() {
    return { ms: spreadOf(this.#times), cpuMs: spreadOf(this.#cpuTimes), memory: this.#memory };
  }
}

interface Difference {
  readonly name: string;
  readonly ours: number | undefined;
  readonly peer: number | undefined;
  readonly worst: number;
}

/** The value that differs most, relative to the larger of the two; a value that only one side has differs wholly. */
export function difference(ours: Ran["values"], peer: Ran["values"]): Difference {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(peer)])];
  const all = names.map((name) => {
    const [a, b] = [ours[name], peer[name]];
    const size = Math.max(Math.abs(a ?? Number.NaN), Math.abs(b ?? Number.NaN));
    const apart = a === b ? 0 : Math.abs(a! - b!) / size;
    return { name, ours: a, peer: b, worst: Number.isFinite(apart) ? apart : 1 };
  });
  const nothing = { name: "nothing", ours: undefined, peer: undefined, worst: 1 };
  return all.sort((a, b) => b.worst - a.worst)[0] ?? nothing;
}

function disagreement({ name, ours, peer, worst }: Difference, tolerance: number): string {
  return (
    `both sides must agree to ${tolerance}, but ${name} is ${ours ?? "absent"} here and ` +
    `${peer ?? "absent"} there (${worst.toExponential(1)} apart)`
  );
}
