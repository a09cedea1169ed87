import { assert } from "../../base/errors/index.ts";
import { finiteValues, quantiles, usualRange, type Volume } from "../../imaging/volume/index.ts";
import type { Interval, NormalizerSpec } from "./normalizer-options.ts";

/** The affine map y = scale · x + offset. */
export interface Fitted {
  readonly scale: number;
  readonly offset: number;
}

/** Finds the map that `spec` asks for from the finite voxels of all `volumes` together. */
export function fitAffine(
  spec: NormalizerSpec,
  volumes: readonly Volume[],
  masks: readonly (Volume | undefined)[],
): Fitted {
  const where = `Normalizer.${spec.type}.fit`;
  switch (spec.type) {
    case "window":
      return between(spec.options.min, spec.options.max, spec.options.output);
    case "zscore": {
      const { mean, sd } = moments(gather(volumes, masks, where), spec.options.mask === "foreground", where);
      assert(sd > 0, `every voxel used is ${mean}, so there is no scale`, {
        where,
        hint: "leave this volume out",
      });
      return { scale: 1 / sd, offset: -mean / sd };
    }
    case "minmax": {
      const [low, high] = usualRange(gather(volumes, masks, where));
      assert(high > low, `every voxel used is ${low}, so there is no scale`, {
        where,
        hint: "leave this volume out",
      });
      return between(low, high, spec.options.output);
    }
    case "percentile": {
      const { low, high, output } = spec.options;
      const [a, b] = quantiles(gather(volumes, masks, where), [low / 100, high / 100]) as [number, number];
      assert(b > a, `percentiles ${low} and ${high} are both ${a}, so there is no scale`, {
        where,
        hint: "the volume is constant or nearly all background: fit inside a mask, or leave it out",
      });
      return between(a, b, output);
    }
  }
}

/** The map that takes `low` to `output[0]` and `high` to `output[1]`. */
function between(low: number, high: number, output: Interval): Fitted {
  const scale = (output[1] - output[0]) / (high - low);
  return { scale, offset: output[0] - scale * low };
}

type Masks = readonly (Volume | undefined)[];

/** The finite values of all volumes inside their masks. To read only: of one volume they can be its own. */
function gather(volumes: readonly Volume[], masks: Masks, where: string): Float32Array {
  const parts = volumes.map((volume, n) => finiteValues(volume, masks[n]).finite);
  const size = parts.reduce((n, part) => n + part.length, 0);
  assert(size > 0, "no finite voxel to fit on", { where });
  if (parts.length === 1) return parts[0]!;
  const all = new Float32Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Mean and population sd in two passes, in double precision; outliers count as the ends of the {@link usualRange}. */
function moments(values: Float32Array, foreground: boolean, where: string) {
  const used = foreground ? values.filter((v) => v > 0) : values;
  assert(used.length > 0, "no finite voxel above 0 to fit on", { where });
  const [low, high] = usualRange(used);
  const within = (v: number) => Math.min(high, Math.max(low, v));
  let sum = 0;
  for (let i = 0; i < used.length; i++) sum += within(used[i]!);
  const mean = sum / used.length;
  let squares = 0;
  for (let i = 0; i < used.length; i++) squares += (within(used[i]!) - mean) ** 2;
  return { mean, sd: Math.sqrt(squares / used.length) };
}
