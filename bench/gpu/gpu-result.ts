import type { Device } from "../harness/device.ts";
import type { Spread } from "../harness/spread.ts";
import type { AdapterFacts } from "./adapter.ts";
import type { GpuCase, GpuSize } from "./cases.ts";
import type { EngineName } from "./engines.ts";

/** One case by one engine. */
export interface GpuRow {
  readonly id: string;
  readonly what: string;
  readonly settings: GpuCase;
  readonly engine: EngineName;
  /** Absent where it was not measured. */
  readonly measured?: {
    /** Of one step. The runs are of `steps` each, with one wait for the GPU at their end. */
    readonly ms: Spread;
    /** Time of one step on processors, of all threads: on an adapter that is a program it strays less than `ms`. */
    readonly cpuMs: Spread;
    readonly steps: number;
    /** The very first step: shaders or kernels are compiled. */
    readonly firstMs: number;
    /** Slices, patches or volumes; absent for convolutions. */
    readonly perSecond?: number;
    readonly gflops?: number;
    /** `gflops` over what the adapter reached in multiply-adds of float32. */
    readonly share?: number;
  };
  /** Of the first step, for the comparison of engines. */
  readonly values: Readonly<Record<string, number>>;
  /** How far `values` lie from those of the first engine at this case, relative. */
  readonly agreement?: { readonly beside: EngineName; readonly worst: number; readonly tolerance: number };
  /** Why there are no times, or which may not be trusted. */
  readonly missing?: string;
}

/** A run of the GPU suite as it is stored, whole or cut off. */
export interface GpuResult {
  readonly schema: 1;
  readonly suite: "gpu";
  readonly size: GpuSize;
  /** Day of the run, ISO 8601. */
  readonly date: string;
  readonly machine: Device;
  /** Load average of one minute over the number of cores, before the first row. */
  readonly load: number;
  /** What the driver's own tool says of the card, where there is one. */
  readonly driver?: string;
  readonly adapter: AdapterFacts;
  /** What each process of engines says of itself. */
  readonly engines: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly minutes: number | null;
  /** Taken until the last row. */
  readonly seconds: number;
  readonly rows: readonly GpuRow[];
}

/** How many times as long the first engine takes as the second at one case, by the clock or on processors; undefined where one is missing. */
export function ratioAt(
  rows: readonly GpuRow[],
  id: string,
  ours: EngineName,
  peer: EngineName,
  by: "ms" | "cpuMs" = "ms",
): number | undefined {
  const ms = (engine: EngineName) =>
    rows.find((row) => row.id === id && row.engine === engine)?.measured?.[by].median;
  const [a, b] = [ms(ours), ms(peer)];
  return a === undefined || b === undefined ? undefined : a / b;
}
