import { breathe, throwIfAborted } from "../../base/errors/index.ts";
import type { DensityClass } from "../../imaging/hounsfield/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { ComparedPair } from "./compared-pair.ts";

/** How far long work has come. */
export interface MetricProgress {
  /** Slices done. */
  readonly done: number;
  /** Slices in all. */
  readonly total: number;
}

/** What every preset is handed. */
export interface MetricWork extends ComparedPair {
  /** Classes of the reference's HU to report errors of. */
  readonly classes: readonly DensityClass[];
  /** HU to clip to, where the caller chose and the preset lets one choose. */
  readonly dataRange: readonly [low: number, high: number] | undefined;
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

/**
 * Copies axial slice `k` of `volume`, in its unit, into `out`; slice by slice, so that no whole volume is converted.
 *
 * @param from first value of the slice to copy, and `to` the one after the last
 */
export function readSlice(volume: Volume, k: number, out: Float64Array, from = 0, to = out.length): void {
  const { data } = volume;
  const { slope, intercept } = volume.scaling;
  const start = k * out.length;
  if (slope === 1 && intercept === 0) out.set(data.subarray(start + from, start + to), from);
  else for (let p = from; p < to; p++) out[p] = slope * data[start + p]! + intercept;
}
