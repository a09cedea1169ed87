import { mapInto } from "../../base/bytes/index.ts";
import { breathe } from "../../base/errors/index.ts";
import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import { HEAD_CLASSES } from "../../imaging/phantom/index.ts";
import { resample, type Volume } from "../../imaging/volume/index.ts";
import { type Probability, uncertaintyOf } from "./class-maps.ts";
import type { SeenHead } from "./see-head.ts";

/** What was seen of a head, voxel by voxel of its image. */
export interface HeadMaps {
  /** HU; air outside the head. */
  readonly hu: Float32Array;
  /** An index of `HEAD_CLASSES`. */
  readonly labels: Uint8Array;
  /** HU, where the spread was asked for. */
  readonly unsure: Float32Array | undefined;
}

/**
 * Brings CT and classes from the network's grid to the image's.
 *
 * @param after told the share that is done, 0 to 1
 */
export async function mapsOntoImage(
  { ct, spread, probability, head, mr: grid }: SeenHead,
  mr: Volume,
  { signal, after }: { readonly signal: AbortSignal | undefined; readonly after: (share: number) => void },
): Promise<HeadMaps> {
  const like = { like: mr, fill: "border" } as const;
  await breathe(signal);
  // Bone is thin: by linear interpolation a true CT taken to 1.5 mm and back is off by 96 HU, so by 80.
  const hu = resample(ct, { ...like, interpolation: "cubic" }).values();
  after(0.3);
  const labels = await likeliestLabels(mr, probability, signal);
  after(0.8);
  const inside = resample(grid.with({ data: new Float32Array(head), unit: "unknown" }), like).values();
  for (let n = 0; n < hu.length; n++)
    if (inside[n]! < 0.5) {
      hu[n] = AIR_HU;
      labels[n] = 0;
    } else hu[n] = Math.max(AIR_HU, hu[n]!); // cubic interpolation overshoots
  await breathe(signal);
  const unsure = spread && resample(uncertaintyOf(spread, probability), like).values();
  after(1);
  return { hu, labels, unsure };
}

/** A mask of the network's grid on an image's: 1 where more than half of the voxel is in it. */
export function maskOntoImage(mask: Uint8Array, grid: Volume, mr: Volume): Volume {
  const smooth = resample(grid.with({ data: new Float32Array(mask), unit: "unknown" }), {
    like: mr,
    fill: 0,
    antialias: false,
  }).values();
  return mr.with({
    data: mapInto(new Uint8Array(mr.size), smooth, (share) => (share > 0.5 ? 1 : 0)),
    unit: "unknown",
    meta: { description: "brain mask" },
  });
}

/** The most probable class of each voxel; one class after the other, so that one alone is held at full resolution. */
async function likeliestLabels(
  mr: Volume,
  probability: Probability,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const labels = new Uint8Array(mr.size);
  const best = new Float32Array(mr.size);
  for (const [n, name] of HEAD_CLASSES.entries()) {
    await breathe(signal);
    const values = resample(probability[name], { like: mr, fill: "border" }).values();
    for (let v = 0; v < values.length; v++)
      if (values[v]! > best[v]!) {
        best[v] = values[v]!;
        labels[v] = n;
      }
  }
  return labels;
}
