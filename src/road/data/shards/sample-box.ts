import type { Triple } from "../../../imaging/volume/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import type { Place, Sampler } from "../../preparation/index.ts";
import type { ShardHeader } from "./shard-header.ts";
import type { Box, SampleWindow } from "./shard-reader.ts";

/** The voxels that a sample is cut from, and its place in them. */
export interface SampleBox {
  readonly box: Box;
  readonly place: Place;
}

/** Voxel axis (0 x, 1 y, 2 z) across which a sampler's samples lie, so that a shard's planes lie as they do. */
export function planeAxis(sampler: Json): 0 | 1 | 2 {
  const { type, axis } = sampler as { readonly type?: Json; readonly axis?: Json };
  return type === "slices" && axis === "sagittal" ? 0 : type === "slices" && axis === "coronal" ? 1 : 2;
}

/**
 * Finds the voxels that a sample is cut from: of a slice its plane and those beside it, of a patch its box. A sample that is cut of them is that of the whole volume. Of samplers that a
 * plugin brings nothing is known, so all voxels are.
 */
export function sampleBoxes(sampler: Sampler): (place: Place, shape: Triple) => SampleBox {
  const json = sampler.toJSON() as { readonly type?: Json; readonly context?: number };
  const { fixedSize } = sampler;
  if (json.type === "slices") {
    const [axis, context] = [planeAxis(json), json.context ?? 0];
    return ([slice, top, left], shape) => {
      const first = Math.max(0, slice - context);
      const end = Math.min(shape[axis], slice + context + 1);
      const along = (other: Triple, value: number): Triple => {
        const own: [number, number, number] = [...other];
        own[axis] = value;
        return own;
      };
      return {
        box: { from: along([0, 0, 0], first), to: along(shape, end) },
        place: [slice - first, top, left],
      };
    };
  }
  if (json.type === "patches" && fixedSize)
    return ([z, y, x], shape) => {
      const [depth, height, width] = fixedSize as readonly [number, number, number];
      const from: Triple = [Math.max(0, x), Math.max(0, y), Math.max(0, z)];
      const to: Triple = [
        Math.min(shape[0], x + width),
        Math.min(shape[1], y + height),
        Math.min(shape[2], z + depth),
      ];
      return { box: { from, to }, place: [z - from[2], y - from[1], x - from[0]] };
    };
  return (place, shape) => ({ box: { from: [0, 0, 0], to: shape }, place });
}

/**
 * The window of a sample that needs no interpolation, of a shard whose planes lie as the samples do; undefined for others, and of samplers that a plugin brings.
 */
export function sampleWindows(
  sampler: Sampler,
): (place: Place, header: Pick<ShardHeader, "grid" | "axis">) => SampleWindow | undefined {
  const json = sampler.toJSON() as { readonly type?: Json; readonly context?: number; readonly fit?: Json };
  const { context = 0, type, fit } = json;
  if (type !== "slices" && type !== "patches") return () => undefined;
  return (place, { grid: { shape }, axis }) => {
    const all = sampler.size(shape);
    const [height, width] = all.slice(-2) as [number, number];
    const [columns, rows] = shape.filter((_, d) => d !== axis);
    if (axis !== planeAxis(json) || (fit === "resize" && (height !== rows || width !== columns)))
      return undefined;
    return { place, size: [all.length === 3 ? all[0]! : 1, height, width], context };
  };
}

/** Whether a sampler draws the same places of a case in each pass: all slices that hold any weight. */
export function drawsAlike(sampler: Sampler): boolean {
  return (sampler.toJSON() as { readonly type?: Json }).type === "slices";
}
