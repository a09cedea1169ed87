import type { Device } from "./device.ts";
import type { Ratio, Spread } from "./spread.ts";
import type { Settings, SuiteSize } from "./suite.ts";

/** Times and memory of one side of a row. */
export interface Measured {
  readonly ms: Spread;
  /** Time on processors, of all threads. On a busy machine it strays less than `ms`, unless threads wait by spinning. */
  readonly cpuMs: Spread;
  /** Bytes resident: before the first run (inputs loaded), and the most until after the last. */
  readonly memory: { readonly ready: number; readonly peak: number };
}

/** A row as it is stored. */
export interface RowResult {
  readonly id: string;
  readonly what: string;
  readonly settings: Settings;
  readonly warmUp: number;
  /** How often it is done for one whole volume; absent when it is no step of one. */
  readonly perVolume?: number;
  readonly ours: Measured;
  readonly peer: { readonly name: string } & (Measured | { readonly missing: string });
  /** Null without a peer, and when the row failed. */
  readonly ratio: Ratio | null;
  /** How far the numbers of both sides lie apart, relative; null when nothing was compared. */
  readonly agreement: { readonly worst: number; readonly tolerance: number } | null;
  /** Why the row has no ratio though there was a peer. */
  readonly failed?: string;
  readonly details: { readonly ours: object; readonly peer: object };
}

/** A run of a suite, as it is stored. Times are in milliseconds. */
export interface SuiteResult {
  readonly schema: 1;
  readonly suite: string;
  readonly size: SuiteSize;
  /** Day of the run, ISO 8601. */
  readonly date: string;
  readonly device: Device;
  /** Load average of one minute over the number of cores, before the first row: what else the machine was doing. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly RowResult[];
}

/** `engines` of package.json: results of other Nodes lie in files of their own, since engines differ in what WebAssembly they know. */
export const OLDEST_NODE = "20";

/** Above this load others take so much of the machine that times say more of them than of us. */
const BUSY = 0.5;

/** Whether a result's times were taken beside other heavy work. */
export function wasBusy({ load }: Pick<SuiteResult, "load">): boolean {
  return load > BUSY;
}

/** A peer's side when there was one. */
export function measuredPeer(row: RowResult): Measured | undefined {
  return "missing" in row.peer ? undefined : row.peer;
}

/** All steps of one volume, by medians, in milliseconds; undefined when rows are no steps or a step is absent. */
export function sumOfSteps(
  rows: readonly RowResult[],
  side: (row: RowResult) => Measured | undefined,
): number | undefined {
  const steps = rows.filter((row) => row.perVolume !== undefined);
  let sum = 0;
  for (const row of steps) {
    const measured = side(row);
    if (!measured) return undefined;
    sum += measured.ms.median * row.perVolume!;
  }
  return steps.length > 0 ? sum : undefined;
}
