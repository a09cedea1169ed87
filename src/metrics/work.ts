import { breathe, throwIfAborted } from "../errors/index.ts";
import type { Volume } from "../volume/index.ts";

/** How far long work has come. */
export interface MetricProgress {
  /** Slices done. */
  readonly done: number;
  /** Slices in all. */
  readonly total: number;
}

/** What every preset is handed: all on one RAS grid, prediction and reference in HU. */
export interface MetricWork {
  readonly prediction: Volume;
  readonly reference: Volume;
  readonly mask: Volume | undefined;
  /** Call after each slice: reports progress, lets the event loop run now and then, and throws when aborted. */
  readonly tick: (done: number, total: number) => Promise<void>;
}

/** Longest time in ms that a metric keeps the event loop to itself, about one slice more. */
const PATIENCE = 50;

/** Makes the `tick` of a {@link MetricWork}. */
export function ticker(
  signal: AbortSignal | undefined,
  onProgress: ((progress: MetricProgress) => void) | undefined,
): MetricWork["tick"] {
  let last = performance.now();
  return async (done, total) => {
    onProgress?.({ done, total });
    if (performance.now() - last <= PATIENCE) return throwIfAborted(signal);
    await breathe(signal);
    last = performance.now();
  };
}

/** Copies axial slice `k` of `volume`, in its unit, into `out`; slice by slice, so that no whole volume is converted. */
export function readSlice(volume: Volume, k: number, out: Float64Array): void {
  const { data } = volume;
  const { slope, intercept } = volume.scaling;
  const start = k * out.length;
  for (let p = 0; p < out.length; p++) out[p] = slope * data[start + p]! + intercept;
}
