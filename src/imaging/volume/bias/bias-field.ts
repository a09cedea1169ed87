import { throwIfAborted } from "../../../base/errors/index.ts";
import type { Volume } from "../volume.ts";
import { type BiasFieldOptions, biasFieldSettings } from "./bias-field-options.ts";
import type { BiasProgress } from "./estimate.ts";

/** Options of {@link estimateBiasField} and {@link correctBias}. */
export interface BiasOptions extends BiasFieldOptions {
  /** The voxels that count: above 0 in the mask, on the same grid. Default: those above Otsu's threshold (1979). Intensities of 0 and less never do. */
  readonly mask?: Volume;
  readonly signal?: AbortSignal;
  /** Called after each iteration. A level that has converged skips the rest of its iterations. */
  readonly onProgress?: (progress: BiasProgress) => void;
}

/**
 * The smooth field by which a coil multiplied an MR's intensities, estimated from the image alone as N4 does (Tustison et al. 2010). Its geometric
 * mean over the voxels that count is 1, so that corrected intensities stay at their level. Deterministic.
 *
 * Like every such method it can't distinguish the coil's field from anatomy that is brighter on one side.
 *
 * @returns Float32 on the same grid: image = field × what the image should be
 * @throws MidashError `invalid-argument`, `grid-mismatch`, `aborted`
 */
export async function estimateBiasField(volume: Volume, options: BiasOptions = {}): Promise<Volume> {
  const { mask, signal, onProgress, ...numbers } = options;
  throwIfAborted(signal);
  const settings = biasFieldSettings(numbers, { call: "estimateBiasField" });
  const { finishSlowly, logBiasField } = await import("./estimate.ts"); // not before: pages load less
  const log = await finishSlowly(logBiasField(volume, mask, settings), signal, onProgress);
  return volume.with({ data: exponential(log), unit: "unknown", meta: {} });
}

/**
 * The volume divided by its bias field, see {@link estimateBiasField}: Float32; grid, unit, `simulated` and `meta` stay.
 *
 * @throws MidashError `invalid-argument`, `grid-mismatch`, `aborted`
 */
export async function correctBias(volume: Volume, options: BiasOptions = {}): Promise<Volume> {
  return divided(volume, await estimateBiasField(volume, options));
}

function exponential(log: Float32Array): Float32Array {
  for (let i = 0; i < log.length; i++) log[i] = Math.exp(log[i]!);
  return log;
}

function divided(volume: Volume, field: Volume): Volume {
  const { slope, intercept } = volume.scaling;
  const data = field.data as Float32Array; // nobody else holds it
  for (let i = 0; i < data.length; i++) data[i] = (slope * volume.data[i]! + intercept) / data[i]!;
  return volume.with({ data, scaling: { slope: 1, intercept: 0 } });
}
